import type pg from 'pg';
import { readEventsWithin } from '../storage/statements/read-events.js';
import { JournalDivergedError } from './journal-diverged-error.js';

/** What one transaction publishes. */
export interface RelayBatch {
  readonly bodies: readonly string[];
  readonly lastSeq: number;
  /** Whether the shard had more when it was read. */
  readonly more: boolean;
}

export interface ReadAheadOptions {
  readonly shard: number;
  readonly pool: pg.Pool;
  readonly barrier: { pass(): Promise<void> };
  /** The last sequence that is published. */
  readonly after: number;
}

const MAX_EVENTS = 1_000;
/** Below the broker's default limit of 1 MiB for a batch, with room for what frames it. */
const MAX_BYTES = 900_000;

/**
 * Reads a shard's events in batches, one ahead of the one that is on its way and never more: however long Kafka is away,
 * that is all there is in memory, and nothing is read twice.
 */
export class ReadAhead {
  private after: number;
  private ahead: Promise<RelayBatch> | undefined;
  private here = false;

  constructor(private readonly options: ReadAheadOptions) {
    this.after = options.after;
  }

  /** The next batch; empty if there is none yet. */
  async next(): Promise<RelayBatch> {
    const batch = await (this.ahead ?? this.read());
    this.ahead = undefined;
    this.here = false;
    if (batch.more) {
      const ahead = this.read();
      this.ahead = ahead;
      const arrived = (): void => {
        this.here = this.ahead === ahead;
      };
      // What broke is heard when it is asked for; if it never is, nobody needs to hear.
      ahead.then(arrived, arrived);
    }
    return batch;
  }

  /** Whether the next one has been read already: nobody would wait for it. */
  get ready(): boolean {
    return this.here;
  }

  private async read(): Promise<RelayBatch> {
    const { pool, barrier, shard } = this.options;
    const { events, more } = await readEventsWithin(pool, this.after, MAX_EVENTS, MAX_BYTES);
    if (events.length > 0) await barrier.pass();
    for (const { seq } of events) {
      if (seq !== this.after + 1)
        throw new JournalDivergedError(`shard ${shard} has no event ${this.after + 1}`);
      this.after = seq;
    }
    return { bodies: events.map(({ body }) => body), lastSeq: this.after, more };
  }
}
