import type { Kafka } from 'kafkajs';
import { inject } from 'vitest';
import { createKafka, type KafkaOptions } from '../../src/kafka/client.js';
import { journalTopic } from '../../src/kafka/journal-topic.js';
import { PartitionReader } from '../../src/kafka/partition-reader.js';

/** The run's real broker; what kafkajs complains about while a test breaks things is kept for looking at. */
export function testKafka(): { kafka: Kafka; kafkaOptions: KafkaOptions; complaints: string[] } {
  const complaints: string[] = [];
  const log = (_level: string, message: string): void => {
    complaints.push(message);
  };
  const kafkaOptions = { brokers: inject('stack').kafkaBrokers, clientId: 'test', log };
  return { kafka: createKafka(kafkaOptions), kafkaOptions, complaints };
}

/** A shard's events as they are in the journal's topic. */
export const readJournal = (options: KafkaOptions, cluster: string, shard: number): Promise<string[]> =>
  readTopic(options, journalTopic(cluster), shard);

/** Every committed value of a partition, in order. */
export async function readTopic(options: KafkaOptions, topic: string, partition: number): Promise<string[]> {
  const reader = await PartitionReader.open(options, topic, partition);
  try {
    const { first, end } = await reader.bounds();
    const values: string[] = [];
    for (let offset = first; offset < end; ) {
      const { records, next } = await reader.read(offset);
      values.push(...records.map(({ value }) => value));
      offset = next;
    }
    return values;
  } finally {
    await reader.close();
  }
}
