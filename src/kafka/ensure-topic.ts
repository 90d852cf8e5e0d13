import type { Admin, Kafka } from 'kafkajs';
import { isLeaderless } from './leaderless.js';

export interface TopicSpec {
  readonly topic: string;
  readonly partitions: number;
  readonly config: Readonly<Record<string, string>>;
}

const LEADERS_MS = 30_000;
const RETRY_MS = 50;

/** Makes topics that are not there and waits until each partition has a leader; safe to run from many processes at once. */
export async function ensureTopics(kafka: Kafka, specs: readonly TopicSpec[]): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.createTopics({
      topics: specs.map(({ topic, partitions, config }) => ({
        topic,
        numPartitions: partitions,
        configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
      })),
      // Its wait ends at the first broker that has not heard of the topic yet.
      waitForLeaders: false,
    });
  } finally {
    await admin.disconnect();
  }
  for (const { topic } of specs) await partitionsOf(kafka, topic);
}

/** How many partitions a topic has, once each has a leader that serves it. @throws if there is no such topic after 30 s */
export async function partitionsOf(kafka: Kafka, topic: string): Promise<number> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await servedPartitions(admin, topic);
  } finally {
    await admin.disconnect();
  }
}

/** The same, for whoever has an admin's connection. */
export async function servedPartitions(admin: Admin, topic: string): Promise<number> {
  const deadline = Date.now() + LEADERS_MS;
  for (;;) {
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      const partitions = topics[0]?.partitions ?? [];
      // A leader may be named before it knows that it is one: then asking it for offsets fails.
      if (partitions.length > 0 && partitions.every(({ leader }) => leader >= 0)) {
        await admin.fetchTopicOffsets(topic);
        return partitions.length;
      }
    } catch (error) {
      if (!isLeaderless(error)) throw error;
    }
    if (Date.now() > deadline) {
      throw new Error(`the topic ${topic} is not there, or one of its partitions has no leader`);
    }
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
