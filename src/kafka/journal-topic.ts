import type { Kafka } from 'kafkajs';

/** The topic of a cluster's journal: one partition a shard, values only. Clusters on one broker never share it. */
export const journalTopic = (cluster: string): string => `${cluster}.journal`;

/** The group under whose name each relay's position is committed, with the records, in one transaction. */
export const relayGroup = (cluster: string): string => `${cluster}.relay`;

/**
 * Makes the journal's topic if it is not there; safe to run from many nodes at once.
 * Throws if it is there with another number of partitions: a shard's events must stay in its own.
 */
export async function ensureJournalTopic(kafka: Kafka, cluster: string, shards: number): Promise<void> {
  const topic = journalTopic(cluster);
  const admin = kafka.admin();
  await admin.connect();
  try {
    const configEntries = [
      { name: 'retention.ms', value: '-1' },
      { name: 'retention.bytes', value: '-1' },
      { name: 'cleanup.policy', value: 'delete' },
      // What a shard's clock said is in the event; the broker's own time tells when it was published.
      { name: 'message.timestamp.type', value: 'LogAppendTime' },
    ];
    await admin.createTopics({
      topics: [{ topic, numPartitions: shards, configEntries }],
      waitForLeaders: true,
    });
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]?.partitions.length;
    if (found !== shards) {
      throw new Error(
        `the topic ${topic} has ${found} partitions and the cluster ${shards} shards: they must be equal`,
      );
    }
  } finally {
    await admin.disconnect();
  }
}
