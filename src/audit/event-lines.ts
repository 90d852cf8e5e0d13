import { isAscii, isUtf8 } from 'node:buffer';
import { hashOf } from './chain.js';

/** Some of a shard's events, in order, as bytes with their hashes: what one thread hands to another. */
export interface EventLines {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Where each event begins and ends, in pairs. */
  readonly bounds: Uint32Array<ArrayBuffer>;
  /** 64 hexadecimal digits for each, one after the other. */
  readonly hashes: Uint8Array<ArrayBuffer>;
}

const DIGITS = 64;
const LINE_BREAK = 0x0a;
const NOT_UTF8 = 'bytes that are not UTF-8';

/** The events of a piece of text that ends with a line break. Takes the bytes over. */
export function linesOf(bytes: Uint8Array<ArrayBuffer>): EventLines {
  const bounds: number[] = [];
  // Found by the C library in a Buffer, byte by byte in an array.
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length; ) {
    const end = buffer.indexOf(LINE_BREAK, start);
    bounds.push(start, end);
    start = end + 1;
  }
  return hashed(bytes, Uint32Array.from(bounds));
}

/** The same of values that stand by themselves, whatever is in them. */
export function linesFrom(values: readonly Uint8Array[]): EventLines {
  const total = values.reduce((sum, value) => sum + value.length, 0);
  const [bytes, bounds] = [new Uint8Array(total), new Uint32Array(values.length * 2)];
  let at = 0;
  for (const [i, value] of values.entries()) {
    bytes.set(value, at);
    bounds[2 * i] = at;
    at += value.length;
    bounds[2 * i + 1] = at;
  }
  return hashed(bytes, bounds);
}

function hashed(bytes: Uint8Array<ArrayBuffer>, bounds: Uint32Array<ArrayBuffer>): EventLines {
  const hashes = Buffer.from(new ArrayBuffer((bounds.length / 2) * DIGITS));
  for (let i = 0; i < bounds.length; i += 2) {
    hashes.write(hashOf(bytes.subarray(bounds[i], bounds[i + 1])), (i / 2) * DIGITS, 'latin1');
  }
  return { bytes, bounds, hashes };
}

/** The events and their hashes as texts. */
export function textsOf(lines: EventLines): { texts: string[]; hashes: string[] } {
  const at = textsAt(lines);
  const found = { texts: [] as string[], hashes: [] as string[] };
  for (let i = 0; i < lines.bounds.length / 2; i += 1) {
    const [text, hash] = at(i);
    found.texts.push(text);
    found.hashes.push(hash);
  }
  return found;
}

/** For some of them: the text and the hash of one, by its place. */
export function textsAt({ bytes, bounds, hashes }: EventLines): (i: number) => [text: string, hash: string] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const digits = Buffer.from(hashes.buffer, hashes.byteOffset, hashes.length);
  const ascii = isAscii(bytes);
  return (i) => {
    const [start, end] = [bounds[2 * i], bounds[2 * i + 1]];
    return [
      ascii ? buffer.toString('latin1', start, end) : textIn(buffer.subarray(start, end)),
      digits.toString('latin1', i * DIGITS, (i + 1) * DIGITS),
    ];
  };
}

/** An event's text. Bytes that are no UTF-8 have none: read as some they could pass for others. */
export const textIn = (bytes: Buffer): string => (isUtf8(bytes) ? bytes.toString('utf8') : NOT_UTF8);
