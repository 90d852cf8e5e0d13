import type { JournalSource } from '../../audit/journal-source.js';
import { journalShards, kafkaSource, lastEvent } from '../../audit/kafka-source.js';
import { addressesIn } from '../command-line.js';
import { kafkaOptionsOf } from './servers.js';

export interface JournalOptions {
  /** Brokers, where they are not the stack's. */
  readonly kafka?: readonly string[];
  readonly dir: string;
  readonly cluster: string;
  /** Seconds. */
  readonly patience: number;
}

export interface JournalNow {
  readonly source: JournalSource;
  /** By shard: how many events it has, if its last one is what it says: all of it is wanted. */
  readonly upTo: readonly number[];
}

/** The journal as Kafka has it at this moment: each partition is a shard. */
export async function journalNow({ kafka, dir, cluster, patience }: JournalOptions): Promise<JournalNow> {
  const brokers = { kafkaBrokers: kafka ?? addressesIn(dir).kafkaBrokers };
  const options = kafkaOptionsOf(brokers, cluster);
  const source = kafkaSource(options, cluster, patience * 1_000, { whole: true });
  const shards = await journalShards(options, cluster);
  const upTo = await Promise.all(
    Array.from({ length: shards }, async (_, shard) =>
      sequenceIn((await lastEvent(options, cluster, shard)) ?? ''),
    ),
  );
  return { source, upTo };
}

function sequenceIn(text: string): number {
  const found = /"sequence":"(\d+)"/.exec(text)?.[1];
  return found === undefined ? 0 : Number(found);
}
