import { anchorTopic, ensureAnchorTopic } from '../../kafka/anchor-topic.js';
import type { KafkaOptions } from '../../kafka/client.js';
import { lastRecord } from '../../kafka/last-record.js';
import { KafkaLine } from '../../kafka/line.js';
import { PartitionReader } from '../../kafka/partition-reader.js';
import { TransactionalProducer } from '../../kafka/transactional-producer.js';
import type { AnchorPlace, OpenAnchors } from './anchor-place.js';

export interface AnchorTopicOptions {
  readonly kafkaOptions: KafkaOptions;
  readonly cluster: string;
  readonly shard: number;
  /** How many the cluster has. */
  readonly shards: number;
}

const STEP_MS = 30_000;
const CLOSING_MS = 2_000;

/** A topic of its own. A transactional producer a shard, which fences the one before: nothing is written twice. */
export class AnchorTopic implements AnchorPlace {
  readonly kind = 'topic';

  constructor(private readonly options: AnchorTopicOptions) {}

  async open(lost: AbortSignal): Promise<OpenAnchors> {
    const { kafkaOptions, cluster, shard, shards } = this.options;
    const topic = anchorTopic(cluster);
    const line = new KafkaLine(kafkaOptions);
    const stop = (): void => line.cut('anchoring was told to stop');
    lost.addEventListener('abort', stop, { once: true });
    let producer: TransactionalProducer | undefined;
    const close = async (): Promise<void> => {
      lost.removeEventListener('abort', stop);
      if (producer !== undefined) await line.within(CLOSING_MS, 'closing', producer.close());
      line.end();
    };
    const step = <T>(what: string, work: Promise<T>): Promise<T> => line.within(STEP_MS, what, work);
    try {
      await step('looking at the topic of anchors', ensureAnchorTopic(line.kafka, cluster, shards));
      producer = await step('fencing', TransactionalProducer.open(line.kafka, `${cluster}.anchors-${shard}`));
      const read = () => step('reading the last anchor', lastIn(line.options, topic, shard));
      const last = await read();
      const writer = producer;
      let written = last;
      return {
        last,
        append: async (texts) => {
          // A topic of that name that was made anew would begin in the middle, for ever.
          if ((await read()) !== written)
            throw new Error('the topic does not end with the last anchor any more');
          const messages = texts.map((value) => ({ value }));
          await step('a transaction', writer.commit([{ topic, partition: shard, messages }]));
          written = texts.at(-1) ?? written;
        },
        close,
      };
    } catch (error) {
      await close().catch(() => undefined);
      throw error;
    }
  }
}

async function lastIn(options: KafkaOptions, topic: string, shard: number): Promise<string | undefined> {
  const reader = await PartitionReader.open(options, topic, shard);
  try {
    return (await lastRecord(reader))?.value;
  } finally {
    await reader.close();
  }
}
