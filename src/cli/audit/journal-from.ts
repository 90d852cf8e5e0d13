import { archiveSource } from '../../audit/archive/archive-source.js';
import { readManifest } from '../../audit/archive/manifest.js';
import { kafkaSource } from '../../audit/kafka-source.js';
import type { JournalSource } from '../../audit/replay.js';
import { addressesIn, kafkaOptionsOf } from './servers.js';

export interface JournalOptions {
  readonly dir: string;
  readonly cluster: string;
  readonly patience: number;
  readonly archive?: string;
}

export interface JournalAtHand {
  readonly cluster: string;
  readonly source: JournalSource;
  /** By shard: how many events it has now. */
  readonly upTo: readonly number[];
}

/** The journal as an archive has it, or else as Kafka has it at this moment. */
export async function journalFrom({
  archive,
  dir,
  cluster,
  patience,
}: JournalOptions): Promise<JournalAtHand> {
  if (archive !== undefined) {
    const manifest = await readManifest(archive);
    const source = archiveSource(archive, manifest);
    return { cluster: manifest.cluster, source, upTo: manifest.shards.map(({ events }) => events) };
  }
  const addresses = addressesIn(dir);
  const source = kafkaSource(kafkaOptionsOf(addresses, cluster), cluster, patience * 1_000);
  const upTo = await Promise.all(
    addresses.shardUrls.map(async (_url, shard) => sequenceIn((await source.last(shard)) ?? '')),
  );
  return { cluster, source, upTo };
}

function sequenceIn(text: string): number {
  const found = /"sequence":"(\d+)"/.exec(text)?.[1];
  return found === undefined ? 0 : Number(found);
}
