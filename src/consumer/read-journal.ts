import type { KafkaOptions } from '../kafka/client.js';
import { EventNotProcessedError } from './errors.js';
import type { JournalEvent } from './journal-event.js';
import { ShardReader } from './shard-reader.js';
import type { StartAt } from './start-position.js';

export interface ReadJournalOptions {
  readonly brokers: readonly string[];
  readonly cluster: string;
  readonly shard: number;
  /** From the beginning if left out. */
  readonly from?: StartAt;
  /** The sequence of the last event wanted. */
  readonly upTo: number;
  /** How long nothing may come before this gives up: 30 s if left out. */
  readonly patienceMs?: number;
  /** What to do with an event that this release can not read: end with an error (if left out), or leave it out. */
  readonly onPoison?: 'stop' | 'skip';
  readonly log?: KafkaOptions['log'];
}

const READ_MS = 500;

/**
 * A shard's events up to one, in order, without a group or a position: to make anew what a consumer keeps in memory.
 * @throws JournalGapError, EventNotProcessedError at what this release can not read, or when the events do not come
 */
export async function* readJournal(options: ReadJournalOptions): AsyncGenerator<JournalEvent> {
  const { brokers, cluster, shard, from = 'beginning', upTo, patienceMs = 30_000 } = options;
  const skips = options.onPoison === 'skip';
  if (upTo < 1) return;
  const kafkaOptions = { brokers, clientId: `${cluster}.reader`, log: options.log ?? (() => undefined) };
  const reader = await ShardReader.open({ kafkaOptions, cluster, shard, position: undefined, from });
  try {
    let lastNews = performance.now();
    while (reader.position.seq < upTo) {
      for await (const next of reader.read(READ_MS)) {
        if ('poison' in next) {
          const { seq, offset, reason } = next.poison;
          // What stands outside the sequence is no event that anything could depend on.
          if (skips || seq === undefined) continue;
          throw new EventNotProcessedError(shard, seq, offset, { reason });
        }
        if (next.event.seq > upTo) return;
        yield next.event;
        lastNews = performance.now();
      }
      if (performance.now() - lastNews > patienceMs) {
        throw new Error(`shard ${shard} of ${cluster} has no event ${upTo} after ${patienceMs / 1_000} s`);
      }
    }
  } finally {
    await reader.close();
  }
}
