import { createKafka, type KafkaOptions } from '../kafka/client.js';
import { journalTopic } from '../kafka/journal-topic.js';
import { lastRecord } from '../kafka/last-record.js';
import { PartitionReader } from '../kafka/partition-reader.js';
import { linesFrom, textIn } from './event-lines.js';
import type { JournalSource } from './journal-source.js';

const PATIENCE_MS = 30_000;
const READ_MS = 500;

/**
 * Reads a cluster's journal from Kafka, committed records only. The relay may still be publishing: ends only after
 * nothing has come for 30 s. `whole`: see JournalSource.
 */
export function kafkaSource(
  options: KafkaOptions,
  cluster: string,
  patienceMs = PATIENCE_MS,
  { whole = false }: { readonly whole?: boolean } = {},
): JournalSource {
  async function* readValues(shard: number): AsyncGenerator<readonly Buffer[]> {
    const reader = await PartitionReader.open(options, journalTopic(cluster), shard);
    try {
      const { first, end } = await reader.bounds();
      let told = false;
      let lastNews = performance.now();
      let coming: ReturnType<PartitionReader['readValues']> | undefined;
      for (let offset = first; performance.now() - lastNews < patienceMs; ) {
        if (!told && offset >= end) {
          told = true;
          yield [];
        }
        const { values, next } = await (coming ?? reader.readValues(offset, READ_MS));
        // The next piece is on its way while this one is worked on; where none is there, closing would wait for it in vain.
        coming = next < end ? reader.readValues(next, READ_MS) : undefined;
        coming?.catch(() => undefined);
        if (values.length > 0) yield values;
        // What whoever reads did meanwhile is not counted.
        if (next !== offset) lastNews = performance.now();
        offset = next;
      }
    } finally {
      await reader.close();
    }
  }
  return {
    whole,
    shards: () => journalShards(options, cluster),
    async *read(shard) {
      for await (const values of readValues(shard)) yield values.map(textIn);
    },
    async *readLines(shard) {
      for await (const values of readValues(shard)) yield linesFrom(values);
    },
  };
}

/** A shard's last event as it is published; undefined if there is none. */
export async function lastEvent(
  options: KafkaOptions,
  cluster: string,
  shard: number,
): Promise<string | undefined> {
  const reader = await PartitionReader.open(options, journalTopic(cluster), shard);
  try {
    return (await lastRecord(reader))?.value;
  } finally {
    await reader.close();
  }
}

/** How many shards the journal has: its topic's partitions. Throws where there is no such topic. */
export async function journalShards(options: KafkaOptions, cluster: string): Promise<number> {
  const admin = createKafka(options).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [journalTopic(cluster)] });
    return topics[0]?.partitions.length ?? 0;
  } finally {
    await admin.disconnect();
  }
}
