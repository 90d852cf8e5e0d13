import { type Kafka, Partitioners } from 'kafkajs';
import { partitionsOf } from '../../kafka/ensure-topic.js';
import type { OutgoingMessage, Send } from '../../kafka/transactional-producer.js';

/** A record that an event brings forth. */
export interface Outgoing extends OutgoingMessage {
  readonly topic: string;
  /** Where to; without one by the key, as other Kafka clients do, and without a key by the event's shard. */
  readonly partition?: number;
}

/** Sorts records into one send a partition, keeping their order within each. */
export class OutgoingSorter {
  private readonly partitions = new Map<string, number>();
  private readonly byKey = Partitioners.DefaultPartitioner();

  constructor(private readonly kafka: Kafka) {}

  async sends(shard: number, outgoing: readonly Outgoing[]): Promise<Send[]> {
    const sends = new Map<string, Send & { readonly messages: OutgoingMessage[] }>();
    for (const { topic, partition, ...message } of outgoing) {
      const count = await this.countOf(topic);
      const to = partition ?? this.partitionFor(topic, count, shard, message.key);
      const name = `${topic} ${to}`;
      const send = sends.get(name) ?? { topic, partition: to, messages: [] };
      sends.set(name, send);
      send.messages.push(message);
    }
    return [...sends.values()];
  }

  private partitionFor(topic: string, count: number, shard: number, key: string | undefined): number {
    if (key === undefined) return shard % count;
    const partitionMetadata = Array.from({ length: count }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    return this.byKey({ topic, partitionMetadata, message: { key, value: null } });
  }

  private async countOf(topic: string): Promise<number> {
    const known = this.partitions.get(topic);
    if (known !== undefined) return known;
    const count = await partitionsOf(this.kafka, topic);
    this.partitions.set(topic, count);
    return count;
  }
}
