import type { Kafka } from 'kafkajs';
import { expect, it } from 'vitest';
import { ensureJournalTopic } from '../../src/kafka/journal-topic.js';

/** A broker that has the topic already, and does not show its settings. */
function brokerThat(type: string): Kafka {
  const admin = {
    connect: async () => undefined,
    disconnect: async () => undefined,
    createTopics: async () => false,
    fetchTopicMetadata: async () => ({ topics: [{ partitions: [{ leader: 0 }] }] }),
    fetchTopicOffsets: async () => [],
    describeConfigs: async () => {
      throw Object.assign(new Error('no'), { type });
    },
  };
  return { admin: () => admin } as unknown as Kafka;
}

it('a topic whose settings are its operator’s alone is used as it is; any other failure is told', async () => {
  await ensureJournalTopic(brokerThat('TOPIC_AUTHORIZATION_FAILED'), 'saldo', 1);
  await expect(ensureJournalTopic(brokerThat('UNKNOWN_SERVER_ERROR'), 'saldo', 1)).rejects.toThrow('no');
});
