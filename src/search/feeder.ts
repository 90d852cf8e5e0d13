import type pg from 'pg';
import { JournalCursor } from '../journal/journal-cursor.js';
import type { KafkaOptions } from '../kafka/client.js';
import { journalTopic } from '../kafka/journal-topic.js';
import { type JournalRecord, PartitionReader } from '../kafka/partition-reader.js';
import { pause } from '../storage/pause.js';
import { ShardLock } from '../storage/shard-lock.js';
import { applyBatch, checkPosition, openPosition } from './apply-batch.js';

export interface SearchFeederOptions {
  /** A database where the cluster's feeders meet: one of them holds the lock there. */
  readonly lockUrl: string;
  /** Of the search database, as the posting role; at least one connection a shard. */
  readonly pool: pg.Pool;
  readonly cluster: string;
  readonly shards: readonly number[];
  readonly kafkaOptions: KafkaOptions;
  /** How many events one commit takes at most: bounds the memory of a batch, and how long stopping takes. */
  readonly maxEvents?: number;
  /** Done by whoever gets to feed, before it does: what it needs may not be there yet. */
  readonly prepare?: () => Promise<void>;
  /** Told what stops a shard's feed (undefined: all of them) until it is tried again by itself. */
  readonly onError: (shard: number | undefined, error: unknown) => void;
}

const MAX_EVENTS = 2_000;
/** How long a read waits for news; after each that brought none the position is looked at. */
const READ_MS = 500;
const BACKOFF_MS = [500, 1_000, 5_000, 30_000] as const;

/**
 * Keeps the search database up with the journal: every shard's partition in order, each event exactly once. Of many
 * feeders of a cluster one works, the others wait for its lock; it can stop and start anywhere.
 */
export class SearchFeeder {
  private readonly lock: ShardLock;

  constructor(private readonly options: SearchFeederOptions) {
    this.lock = new ShardLock(
      options.lockUrl,
      'search',
      0,
      async (lost) => {
        await options.prepare?.();
        await Promise.all(options.shards.map((shard) => this.feed(shard, lost)));
      },
      (error) => options.onError(undefined, error),
    );
  }

  start(): void {
    this.lock.start();
  }

  /** Resolves when nothing more is written by this one. */
  async stop(): Promise<void> {
    await this.lock.stop();
  }

  /** Empties the model. Whichever feeder works finds its position gone, and feeds all of the journal again. */
  async reset(): Promise<void> {
    // The order of the tables is that of queries: positions first, so that none sees one without the other.
    await this.options.pool.query(
      'TRUNCATE positions, transfers, tags, accounts, entries, day_sums, open_parts',
    );
  }

  private async feed(shard: number, lost: AbortSignal): Promise<void> {
    let failures = 0;
    while (!lost.aborted) {
      try {
        await this.session(shard, lost, () => {
          failures = 0;
        });
      } catch (error) {
        // Cut short because the lock is gone or the feeder stops: what comes of it is not news.
        if (lost.aborted) return;
        this.options.onError(shard, error);
        const pauseMs = BACKOFF_MS[Math.min(failures, BACKOFF_MS.length - 1)] ?? 2_000;
        failures += 1;
        await pause(pauseMs, lost);
      }
    }
  }

  private async session(shard: number, lost: AbortSignal, onProgress: () => void): Promise<void> {
    const { pool, cluster, kafkaOptions } = this.options;
    const { kafkaOffset, ...position } = await openPosition(pool, shard);
    const cursor = new JournalCursor(cluster, shard, position);
    const reader = await PartitionReader.open(kafkaOptions, journalTopic(cluster), shard);
    try {
      const { first, end } = await reader.bounds();
      let offset = kafkaOffset >= first && kafkaOffset <= end ? kafkaOffset : first;
      // A log that lost its end has been published again, and what is kept of it is elsewhere now.
      let sure = offset === first;
      while (!lost.aborted) {
        const { records, next } = await reader.read(offset, READ_MS);
        if (!sure && records[0] !== undefined && !cursor.continues(records[0].value)) {
          offset = first;
          sure = true;
          continue;
        }
        sure ||= records.length > 0;
        await this.takeAll(shard, cursor, records, lost);
        offset = next;
        if (records.length > 0) onProgress();
        else await checkPosition(pool, shard, cursor.at.seq);
      }
    } finally {
      await reader.close();
    }
  }

  private async takeAll(
    shard: number,
    cursor: JournalCursor,
    records: readonly JournalRecord[],
    lost: AbortSignal,
  ): Promise<void> {
    const { pool, maxEvents = MAX_EVENTS } = this.options;
    for (let from = 0; from < records.length && !lost.aborted; from += maxEvents) {
      const some = records.slice(from, from + maxEvents);
      const after = cursor.at.seq;
      const { events, fault } = cursor.take(some.map(({ value }) => value));
      const last = fault === undefined ? some.at(-1) : undefined;
      const kafkaOffset = last === undefined ? (some[0]?.offset ?? 0) : last.offset + 1;
      // What came before a fault is sound, and not held up by it.
      if (events.length > 0)
        await applyBatch(pool, { shard, after, events, position: cursor.at, kafkaOffset });
      if (fault !== undefined) throw fault;
    }
  }
}
