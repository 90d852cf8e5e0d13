import { createHash } from 'node:crypto';
import { DivergenceError } from './divergence.js';
import { type JournalEvent, KNOWN_SCHEMA_VERSION } from './journal-event.js';

/** Follows one shard's hash chain: sequence, hashes, time and the envelope's own consistency (P7). */
export class Chain {
  seq = 0;
  hash = '0'.repeat(64);
  cluster: string | undefined;
  time = '';

  constructor(private readonly shard: number) {}

  /** Takes the next event's text; returns it read. Undefined, and nothing taken, if it is later than `until`. */
  next(text: string, until?: string): JournalEvent | undefined {
    const seq = this.seq + 1;
    const event = this.parse(text, seq);
    const same = (what: string, expected: string, found: unknown): void => {
      if (found !== expected) this.fail(seq, what, expected, String(found));
    };
    same('sequence', String(seq).padStart(16, '0'), event.sequence);
    same('hash of the event before', this.hash, event.prev);
    same('shard', String(this.shard), event.shard);
    same('id', `${this.shard}-${seq}`, event.id);
    this.cluster ??= event.cluster;
    same('cluster', this.cluster, event.cluster);
    same('source', `/${this.cluster}/shards/${this.shard}`, event.source);
    if (event.schemaversion > KNOWN_SCHEMA_VERSION) {
      this.fail(seq, 'schema version', `at most ${KNOWN_SCHEMA_VERSION}`, String(event.schemaversion));
    }
    if (event.time < this.time) this.fail(seq, 'time', `not before ${this.time}`, event.time);
    if (until !== undefined && event.time > until) return undefined;
    this.time = event.time;
    this.seq = seq;
    this.hash = createHash('sha256').update(text, 'utf8').digest('hex');
    return event;
  }

  private parse(text: string, seq: number): JournalEvent {
    try {
      return JSON.parse(text) as JournalEvent;
    } catch {
      return this.fail(seq, 'event', 'JSON', text.slice(0, 80));
    }
  }

  private fail(seq: number, what: string, expected: string, found: string): never {
    throw new DivergenceError({ shard: this.shard, seq, what, expected, found });
  }
}
