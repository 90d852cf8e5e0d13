import { hash as oneShot } from 'node:crypto';
import { DivergenceError } from './divergence.js';
import { type JournalEvent, KNOWN_SCHEMA_VERSION } from './journal-event.js';

export interface NextOptions {
  /** Only what was booked at or before this moment: RFC 3339, UTC, milliseconds. */
  readonly until?: string | undefined;
  /** SHA-256 of the text's bytes, where it is known already. */
  readonly hash?: string | undefined;
}

const SHOWN = 80;

/** SHA-256 of a text's bytes (UTF-8), lower-case hex; one call, which is twice as fast as an object. */
export const hashOf = (text: string | Uint8Array): string => oneShot('sha256', text, 'hex');

/** RFC 3339, UTC, milliseconds: only of one form is the order of texts that of moments. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Follows one shard's hash chain: sequence, hashes, time and the envelope's own consistency (P7). */
export class Chain {
  seq = 0;
  hash = '0'.repeat(64);
  cluster: string | undefined;
  time = '';

  private readonly shardText: string;
  private sourceText = '';

  constructor(private readonly shard: number) {
    this.shardText = String(shard);
  }

  /** Takes the next event's text; returns it read. Undefined, and nothing taken, if it is later than `until`. */
  next(text: string, { until, hash }: NextOptions = {}): JournalEvent | undefined {
    const seq = this.seq + 1;
    const event = this.parse(text, seq);
    const same = (what: string, expected: string, found: unknown): void => {
      if (found !== expected) this.fail(seq, what, expected, String(found));
    };
    same('sequence', String(seq).padStart(16, '0'), event.sequence);
    same('hash of the event before', this.hash, event.prev);
    same('shard', this.shardText, event.shard);
    same('id', `${this.shardText}-${seq}`, event.id);
    if (this.cluster === undefined) this.cluster = event.cluster;
    same('cluster', this.cluster, event.cluster);
    if (this.sourceText === '') this.sourceText = `/${this.cluster}/shards/${this.shard}`;
    same('source', this.sourceText, event.source);
    if (event.schemaversion > KNOWN_SCHEMA_VERSION) {
      this.fail(seq, 'schema version', `at most ${KNOWN_SCHEMA_VERSION}`, String(event.schemaversion));
    }
    if (!TIME.test(event.time)) this.fail(seq, 'time', 'RFC 3339, UTC, milliseconds', String(event.time));
    if (event.time < this.time) this.fail(seq, 'time', `not before ${this.time}`, event.time);
    if (until !== undefined && event.time > until) return undefined;
    this.time = event.time;
    this.seq = seq;
    this.hash = hash ?? hashOf(text);
    return event;
  }

  /** Takes over what was followed elsewhere, up to this event. */
  followed(seq: number, hash: string, time: string): void {
    this.seq = seq;
    this.hash = hash;
    this.time = time;
  }

  private parse(text: string, seq: number): JournalEvent {
    const found = text.slice(0, SHOWN);
    // Files have one event a line: what has a line break in it would be two there.
    if (text.includes('\n')) this.fail(seq, 'event', 'one line', found);
    const event = jsonIn(text) as Partial<JournalEvent> | null | undefined;
    if (event === undefined) this.fail(seq, 'event', 'JSON', found);
    if (typeof event?.data !== 'object' || event.data === null)
      this.fail(seq, 'event', 'one with data', found);
    return event as JournalEvent;
  }

  private fail(seq: number, what: string, expected: string, found: string): never {
    throw new DivergenceError({ shard: this.shard, seq, what, expected, found });
  }
}

/** Undefined where it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
