import { kafkaSource } from '../../audit/kafka-source.js';
import type { JournalSource } from '../../audit/replay.js';
import { addressesIn } from '../command-line.js';
import { kafkaOptionsOf } from './servers.js';

export interface JournalOptions {
  readonly dir: string;
  readonly cluster: string;
  /** Seconds. */
  readonly patience: number;
}

export interface JournalNow {
  readonly source: JournalSource;
  /** By shard: how many events it has. */
  readonly upTo: readonly number[];
}

/** The journal as Kafka has it at this moment. */
export async function journalNow({ dir, cluster, patience }: JournalOptions): Promise<JournalNow> {
  const addresses = addressesIn(dir);
  const source = kafkaSource(kafkaOptionsOf(addresses, cluster), cluster, patience * 1_000);
  const upTo = await Promise.all(
    addresses.shardUrls.map(async (_url, shard) => sequenceIn((await source.last(shard)) ?? '')),
  );
  return { source, upTo };
}

function sequenceIn(text: string): number {
  const found = /"sequence":"(\d+)"/.exec(text)?.[1];
  return found === undefined ? 0 : Number(found);
}
