import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { servedPartitions } from './ensure-topic.js';

// Of a CommonJS module Node finds only some names by itself.
const { ConfigResourceTypes, ConfigSource } = kafkajs;

/** The topic of a cluster's journal: one partition a shard, values only. Clusters on one broker never share it. */
export const journalTopic = (cluster: string): string => `${cluster}.journal`;

/** The group under whose name each relay's position is committed, with the records, in one transaction. */
export const relayGroup = (cluster: string): string => `${cluster}.relay`;

/**
 * A request has up to 1 MiB, and its event says more than it does (legs, plan, entries): with the broker's usual limit of as
 * much, one event that it does not take would stop its shard's journal for ever.
 */
const MAX_MESSAGE = { name: 'max.message.bytes', value: String(4 * 1024 * 1024) };

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
      MAX_MESSAGE,
    ];
    const made = await admin.createTopics({
      topics: [{ topic, numPartitions: shards, configEntries }],
      // Its wait ends at the first broker that has not heard of the topic yet.
      waitForLeaders: false,
    });
    const found = await servedPartitions(admin, topic);
    if (!made) await takeLarge(admin, topic).catch(unlessForbidden);
    if (found !== shards) {
      throw new Error(
        `the topic ${topic} has ${found} partitions and the cluster ${shards} shards: they must be equal`,
      );
    }
  } finally {
    await admin.disconnect();
  }
}

/** For a topic that an earlier release made. */
async function takeLarge(admin: Admin, topic: string): Promise<void> {
  const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
  const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
  const entries = resources.flatMap(({ configEntries }) => configEntries);
  const limit = entries.find(({ configName }) => configName === MAX_MESSAGE.name);
  if (limit === undefined || Number(limit.configValue) >= Number(MAX_MESSAGE.value)) return;
  // The request sets all of the topic's own settings: what is not in it goes back to the broker's.
  const kept = entries
    .filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG)
    .map(({ configName: name, configValue: value }) => ({ name, value }))
    .filter(({ name }) => name !== MAX_MESSAGE.name);
  const configEntries = [...kept, MAX_MESSAGE];
  await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries }] });
}

/** Where the operator keeps topics to himself, what he set stands: the relay says what the broker does not take. */
function unlessForbidden(error: unknown): void {
  if (!(error instanceof Error && 'type' in error && /_AUTHORIZATION_FAILED$/.test(String(error.type))))
    throw error;
}
