import { IdBits } from './account-index.js';
import { ByteCursor, Bytes } from './bytes.js';
import type { Place } from './key-hash.js';

/** What an event must continue. */
export interface JournalEnd {
  seq: number;
  /** The last event's hash: 64 hexadecimal digits. */
  hashes: Bytes;
  hashAt: number;
}

/** One entry, in numbers. */
export class ScannedEntry {
  version = 0;
  readonly before = new Float64Array(4);
  readonly after = new Float64Array(4);
}

const TIME = Bytes.of('0000-00-00T00:00:00.000Z');
export const TIME_LENGTH = TIME.bytes.length;
export const HASH_DIGITS = 64;
const ID_DIGITS = 32;
const SEQUENCE_DIGITS = 16;
const ZERO = 0x30;

/** What stands between the values, in the order of docs/journal-format.md. */
const BETWEEN = {
  subject: Bytes.of('","subject":"tr_'),
  cause: Bytes.of(',"cause":"'),
  traceparent: Bytes.of(',"traceparent":"'),
  prev: Bytes.of(',"prev":"'),
  transfer: Bytes.of('","data":{"transfer":"tr_'),
  quote: Bytes.of('"'),
  reference: Bytes.of(',"reference":"'),
  metadata: Bytes.of(',"metadata":'),
  effective: Bytes.of(',"effective_at":"'),
  debit: Bytes.of(',"legs":[{"debit":"acc_'),
  credit: Bytes.of('","credit":"acc_'),
  amount: Bytes.of('","amount":"'),
  asset: Bytes.of('","asset":"'),
  entries: Bytes.of('}],"entries":[{"account":"acc_'),
  version: Bytes.of('","version":'),
  before: Bytes.of(',"before":["'),
  comma: Bytes.of('","'),
  after: Bytes.of('"],"after":["'),
  entry: Bytes.of('"]},{"account":"acc_'),
  ended: Bytes.of('"]}]'),
  claim: Bytes.of(',"claim":{"id":"key_'),
  namespace: Bytes.of('","namespace":"'),
  key: Bytes.of(',"key":"'),
  of: Bytes.of(',"subject":"'),
  form: Bytes.of(',"form":'),
  request: Bytes.of(',"request":"'),
  fields: Bytes.of(',"fields":'),
  claimEnd: Bytes.of('}'),
  end: Bytes.of('}}'),
} as const;

/**
 * Reads plain posted transfers as bytes: one leg, no in-transit account, no character that JSON escapes, no count of more than 15 digits, all in the usual order. Whatever differs from that by a byte is
 * refused, which says nothing of it: then it is read as a text.
 */
export class PostedScan {
  readonly transfer = new IdBits();
  readonly debit = new IdBits();
  readonly credit = new IdBits();
  amount = 0;
  readonly entries = [new ScannedEntry(), new ScannedEntry()] as const;
  /** Its key's claim: of the transfer's own digits, or of those in `claimId`. */
  claimed: 'nothing' | 'transfer' | 'other' = 'nothing';
  readonly claimId = new IdBits();
  /** Of the claim: what its id is made of, besides the tenant. */
  readonly namespace: Place = { at: 0, length: 0 };
  readonly key: Place = { at: 0, length: 0 };
  timeAt = 0;
  tenantAt = 0;
  tenantLength = 0;
  assetAt = 0;
  assetLength = 0;

  private subjectAt = 0;
  private debitAt = 0;
  private creditAt = 0;
  private readonly cursor = new ByteCursor();
  private readonly id: Bytes;
  private readonly source: Bytes;
  private readonly tenant: Bytes;
  private readonly sequence: Bytes;
  private readonly actor = Bytes.of('","actor":"');
  private readonly digits = new Bytes(new Uint8Array(SEQUENCE_DIGITS));

  constructor(shard: number, cluster: string) {
    this.id = Bytes.of(`{"specversion":"1.0","id":"${shard}-`);
    this.source = Bytes.of(
      `","source":"/${cluster}/shards/${shard}","type":"saldo.transfer.posted","time":"`,
    );
    this.tenant = Bytes.of(`","schemaversion":1,"cluster":"${cluster}","tenant":"`);
    this.sequence = Bytes.of(`,"shard":"${shard}","sequence":"`);
  }

  /** Whether the bytes from `start` to `end` are such an event, and the next one. */
  read(bytes: Bytes, start: number, end: number, last: JournalEnd): boolean {
    const { cursor } = this;
    cursor.of = bytes;
    cursor.at = start;
    cursor.end = end;
    return this.envelope(last) && this.details() && this.leg() && this.moved() && this.claim();
  }

  private envelope({ seq, hashes, hashAt }: JournalEnd): boolean {
    const { cursor, digits } = this;
    let first = SEQUENCE_DIGITS;
    let rest = seq + 1;
    for (let i = SEQUENCE_DIGITS - 1; i >= 0; i -= 1) {
      const digit = rest % 10;
      digits.bytes[i] = ZERO + digit;
      if (rest > 0) first = i;
      rest = (rest - digit) / 10;
    }
    if (!cursor.literal(this.id) || !cursor.same(digits, first, SEQUENCE_DIGITS - first)) return false;
    if (!cursor.literal(this.source)) return false;
    this.timeAt = cursor.at;
    if (!cursor.shaped(TIME) || !cursor.literal(BETWEEN.subject)) return false;
    this.subjectAt = cursor.at;
    if (!cursor.hex(this.transfer.bytes) || !cursor.literal(this.tenant)) return false;
    this.tenantAt = cursor.at;
    if (!cursor.plain()) return false;
    this.tenantLength = cursor.at - 1 - this.tenantAt;
    if (!cursor.literal(this.sequence) || !cursor.same(digits, 0, SEQUENCE_DIGITS)) return false;
    if (!cursor.literal(this.actor) || !cursor.plain()) return false;
    if (cursor.literal(BETWEEN.cause) && !cursor.plain()) return false;
    if (cursor.literal(BETWEEN.traceparent) && !cursor.plain()) return false;
    return cursor.literal(BETWEEN.prev) && cursor.same(hashes, hashAt, HASH_DIGITS);
  }

  private details(): boolean {
    const { cursor } = this;
    if (!cursor.literal(BETWEEN.transfer) || !this.again(this.subjectAt)) return false;
    if (!cursor.literal(BETWEEN.quote)) return false;
    if (cursor.literal(BETWEEN.reference) && !cursor.plain()) return false;
    if (cursor.literal(BETWEEN.metadata) && !cursor.flat()) return false;
    return !cursor.literal(BETWEEN.effective) || cursor.plain();
  }

  private leg(): boolean {
    const { cursor } = this;
    if (!cursor.literal(BETWEEN.debit)) return false;
    this.debitAt = cursor.at;
    if (!cursor.hex(this.debit.bytes) || !cursor.literal(BETWEEN.credit)) return false;
    this.creditAt = cursor.at;
    if (!cursor.hex(this.credit.bytes) || !cursor.literal(BETWEEN.amount)) return false;
    this.amount = cursor.whole();
    if (this.amount <= 0 || !cursor.literal(BETWEEN.asset)) return false;
    this.assetAt = cursor.at;
    if (!cursor.plain()) return false;
    this.assetLength = cursor.at - 1 - this.assetAt;
    return true;
  }

  private moved(): boolean {
    const { cursor, entries } = this;
    if (!cursor.literal(BETWEEN.entries) || !this.again(this.debitAt) || !this.entry(entries[0]))
      return false;
    return cursor.literal(BETWEEN.entry) && this.again(this.creditAt) && this.entry(entries[1]);
  }

  private entry(entry: ScannedEntry): boolean {
    const { cursor } = this;
    if (!cursor.literal(BETWEEN.version)) return false;
    entry.version = cursor.whole();
    if (entry.version < 0 || !cursor.literal(BETWEEN.before) || !this.counters(entry.before)) return false;
    return cursor.literal(BETWEEN.after) && this.counters(entry.after);
  }

  private counters(into: Float64Array): boolean {
    const { cursor } = this;
    for (let c = 0; c < 4; c += 1) {
      if (c > 0 && !cursor.literal(BETWEEN.comma)) return false;
      const count = cursor.whole();
      if (count < 0) return false;
      into[c] = count;
    }
    return true;
  }

  private claim(): boolean {
    const { cursor } = this;
    if (!cursor.literal(BETWEEN.ended)) return false;
    this.claimed = 'nothing';
    if (cursor.literal(BETWEEN.claim)) {
      this.claimed = this.again(this.subjectAt) ? 'transfer' : 'other';
      if (this.claimed === 'other' && !cursor.hex(this.claimId.bytes)) return false;
      if (!cursor.literal(BETWEEN.namespace) || !this.plain(this.namespace)) return false;
      if (!cursor.literal(BETWEEN.key) || !this.plain(this.key)) return false;
      if (!cursor.literal(BETWEEN.of) || !cursor.plain()) return false;
      if (!cursor.literal(BETWEEN.form) || cursor.whole() < 0) return false;
      if (!cursor.literal(BETWEEN.request) || !cursor.plain()) return false;
      if (!cursor.literal(BETWEEN.fields) || !cursor.flat() || !cursor.literal(BETWEEN.claimEnd))
        return false;
    }
    return cursor.literal(BETWEEN.end) && cursor.at === cursor.end;
  }

  /** The rest of a string in which nothing is escaped. */
  private plain(place: Place): boolean {
    const { cursor } = this;
    const from = cursor.at;
    if (!cursor.plain()) return false;
    place.at = from;
    place.length = cursor.at - 1 - from;
    return true;
  }

  /** The same id as before in this event. */
  private again(at: number): boolean {
    return this.cursor.same(this.cursor.of, at, ID_DIGITS);
  }
}
