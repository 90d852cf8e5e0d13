/** Whether a byte can stand in a JSON string as it is: printable ASCII, neither a quote nor a backslash. */
const PLAIN = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte <= 0x7e && byte !== 0x22 && byte !== 0x5c ? 1 : 0,
);
/** What a lower-case hexadecimal digit stands for; 16 for any other byte. */
const HEX = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return digit < 0 ? 16 : digit;
});
const QUOTE = 0x22;
const ZERO = 0x30;
const NINE = 0x39;
const MOST_DIGITS = 15;

/** Bytes, and a view of them by words: four at a time are compared. */
export class Bytes {
  readonly view: DataView;

  constructor(readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  static of(text: string): Bytes {
    return new Bytes(new TextEncoder().encode(text));
  }
}

const NONE = new Bytes(new Uint8Array(0));

/** Whether the two have the same bytes there; both must have so many. */
export function isSame(a: Bytes, at: number, b: Bytes, from: number, length: number): boolean {
  const words = length & ~3;
  for (let i = 0; i < words; i += 4) if (a.view.getInt32(at + i) !== b.view.getInt32(from + i)) return false;
  for (let i = words; i < length; i += 1) if (a.bytes[at + i] !== b.bytes[from + i]) return false;
  return true;
}

/** Goes over the bytes of one event from left to right. What is not there moves it nowhere, and says so. */
export class ByteCursor {
  of = NONE;
  at = 0;
  end = 0;

  /** These very bytes. */
  literal(wanted: Bytes): boolean {
    return this.same(wanted, 0, wanted.bytes.length);
  }

  /** As many bytes as `length`, the same as those at `from` of `other`. */
  same(other: Bytes, from: number, length: number): boolean {
    const { of, at } = this;
    if (at + length > this.end || !isSame(of, at, other, from, length)) return false;
    this.at = at + length;
    return true;
  }

  /** The rest of a string in which nothing is escaped, and its closing quote. */
  plain(): boolean {
    const { end } = this;
    const { bytes } = this.of;
    let { at } = this;
    while (at < end && PLAIN[bytes[at] ?? 0] === 1) at += 1;
    if (at >= end || bytes[at] !== QUOTE) return false;
    this.at = at + 1;
    return true;
  }

  /** These very bytes, but for zeros: each stands for any digit. */
  shaped({ bytes: wanted }: Bytes): boolean {
    const { at } = this;
    const { bytes } = this.of;
    const { length } = wanted;
    if (at + length > this.end) return false;
    for (let i = 0; i < length; i += 1) {
      const byte = bytes[at + i] ?? 0;
      const other = wanted[i] ?? 0;
      if (other === ZERO ? byte < ZERO || byte > NINE : byte !== other) return false;
    }
    this.at = at + length;
    return true;
  }

  /** A whole number without zeros in front, of at most 15 digits; -1 where there is none. */
  whole(): number {
    const { end } = this;
    const { bytes } = this.of;
    const from = this.at;
    let at = from;
    let value = 0;
    while (at < end && at - from <= MOST_DIGITS) {
      const digit = (bytes[at] ?? 0) - ZERO;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at += 1;
    }
    const digits = at - from;
    if (digits === 0 || digits > MOST_DIGITS || (digits > 1 && bytes[from] === ZERO)) return -1;
    this.at = at;
    return value;
  }

  /** So many bytes in twice as many lower-case hexadecimal digits. */
  hex(into: Uint8Array): boolean {
    const { at } = this;
    const { bytes } = this.of;
    const { length } = into;
    if (at + 2 * length > this.end) return false;
    let wrong = 0;
    for (let i = 0; i < length; i += 1) {
      const high = HEX[bytes[at + 2 * i] ?? 0] ?? 16;
      const low = HEX[bytes[at + 2 * i + 1] ?? 0] ?? 16;
      wrong |= high | low;
      into[i] = (high << 4) | low;
    }
    if (wrong > 15) return false;
    this.at = at + 2 * length;
    return true;
  }

  /** An object of strings in which nothing is escaped, `{"a":"b","c":"d"}`. */
  flat(): boolean {
    if (!this.byte(0x7b)) return false;
    if (this.byte(0x7d)) return true;
    do {
      if (!(this.byte(QUOTE) && this.plain() && this.byte(0x3a) && this.byte(QUOTE) && this.plain()))
        return false;
    } while (this.byte(0x2c));
    return this.byte(0x7d);
  }

  byte(wanted: number): boolean {
    if (this.at >= this.end || this.of.bytes[this.at] !== wanted) return false;
    this.at += 1;
    return true;
  }
}
