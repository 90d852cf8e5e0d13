import type { Kafka } from 'kafkajs';
import { ensureTopics, partitionsOf } from './ensure-topic.js';

/** The topic of a cluster's anchors: one partition a shard, values only; better on other brokers than the journal's. */
export const anchorTopic = (cluster: string): string => `${cluster}.anchors`;

/** Makes the topic if it is not there. Throws if it is there with another number of partitions. */
export async function ensureAnchorTopic(kafka: Kafka, cluster: string, shards: number): Promise<void> {
  const topic = anchorTopic(cluster);
  const config = { 'retention.ms': '-1', 'retention.bytes': '-1', 'cleanup.policy': 'delete' };
  await ensureTopics(kafka, [{ topic, partitions: shards, config }]);
  const found = await partitionsOf(kafka, topic);
  if (found !== shards) {
    throw new Error(
      `the topic ${topic} has ${found} partitions and the cluster ${shards} shards: they must be equal`,
    );
  }
}
