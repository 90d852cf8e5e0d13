import type { RetryOptions } from 'kafkajs';
import Cluster, { type FetchedMessage } from 'kafkajs/src/cluster/index.js';
import { createLogger } from 'kafkajs/src/loggers/index.js';
import socketFactory from 'kafkajs/src/network/socketFactory.js';
import createRetry from 'kafkajs/src/retry/index.js';
import { type KafkaOptions, kafkaConfig } from './client.js';
import { committedMessages } from './committed-messages.js';
import { isLeaderless } from './leaderless.js';

export interface JournalRecord {
  readonly offset: number;
  /** The value's bytes as text; an event's text is UTF-8. */
  readonly value: string;
}

export interface Chunk {
  /** Committed records only; no markers, nothing of aborted transactions. */
  readonly records: readonly JournalRecord[];
  /** Where to read on; equal to the offset asked for if there was nothing. */
  readonly next: number;
  /** The last stable offset: everything before it is decided. */
  readonly end: number;
}

const READ_COMMITTED = 1;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads one partition at known offsets, without a consumer group. What kafkajs's consumer can not say, this can: that
 * there is nothing more, because reading on from a chunk's `next` reaches its `end`. It follows the partition to whoever leads
 * it, as kafkajs's own clients do; other errors end it: open a new one.
 */
export class PartitionReader {
  private constructor(
    private readonly cluster: Cluster,
    private readonly topic: string,
    private readonly partition: number,
    private readonly retry: RetryOptions | undefined,
  ) {}

  static async open(options: KafkaOptions, topic: string, partition: number): Promise<PartitionReader> {
    const { logLevel, logCreator, ...config } = kafkaConfig(options);
    const cluster = new Cluster({
      ...config,
      logger: createLogger({ level: logLevel ?? 0, logCreator }),
      socketFactory: config.socketFactory ?? socketFactory(),
      offsets: new Map(),
      metadataMaxAge: 300_000,
      allowAutoTopicCreation: false,
      enforceRequestTimeout: true,
      isolationLevel: READ_COMMITTED,
    });
    try {
      await cluster.connect();
      await cluster.addTargetTopic(topic);
      return new PartitionReader(cluster, topic, partition, config.retry);
    } catch (error) {
      await cluster.disconnect();
      if (!isUnknownTopic(error)) throw error;
      throw new Error(`there is no topic ${topic} at ${options.brokers.join(', ')}`, { cause: error });
    }
  }

  /** The first offset that is kept, and the offset after the last decided record or marker. */
  async bounds(): Promise<{ readonly first: number; readonly end: number }> {
    const { topic, partition } = this;
    const at = async (fromBeginning: boolean): Promise<number> => {
      const asked = [{ topic, partitions: [{ partition }], fromBeginning }];
      const found = await this.fromLeader(() => this.cluster.fetchTopicsOffset(asked));
      return Number(found[0]?.partitions[0]?.offset ?? 0);
    };
    return { first: await at(true), end: await at(false) };
  }

  /** Records from `offset` on; waits up to `maxWaitMs` for the first. At least one batch, however large. */
  async read(offset: number, maxWaitMs = 100, maxBytes = MAX_BYTES): Promise<Chunk> {
    const { messages, next, end } = await this.fetch(offset, maxWaitMs, maxBytes);
    const records = messages.map(({ offset: at, value }) => ({
      offset: Number(at),
      value: value?.toString('utf8') ?? '',
    }));
    return { records, next, end };
  }

  /** The same, values only and as they are. */
  async readValues(
    offset: number,
    maxWaitMs: number,
  ): Promise<{ readonly values: readonly Buffer[]; readonly next: number }> {
    const { messages, next } = await this.fetch(offset, maxWaitMs, MAX_BYTES);
    return { values: messages.map(({ value }) => value ?? Buffer.alloc(0)), next };
  }

  private async fetch(
    offset: number,
    maxWaitMs: number,
    maxBytes: number,
  ): Promise<{ readonly messages: readonly FetchedMessage[]; readonly next: number; readonly end: number }> {
    const { topic, partition } = this;
    const { responses } = await this.fromLeader(async () => {
      const leaders = this.cluster.findLeaderForPartitions(topic, [partition]);
      const [nodeId] = Object.keys(leaders);
      if (nodeId === undefined) throw new Error(`partition ${partition} of ${topic} has no leader`);
      const broker = await this.cluster.findBroker({ nodeId });
      return broker.fetch({
        isolationLevel: READ_COMMITTED,
        maxWaitTime: maxWaitMs,
        minBytes: 1,
        maxBytes,
        topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes }] }],
      });
    });
    const fetched = responses[0]?.partitions[0];
    if (fetched === undefined)
      throw new Error(`the broker did not answer for partition ${partition} of ${topic}`);
    const { messages: all, abortedTransactions, lastStableOffset } = fetched;
    // The broker answers with whole record batches: what lies before the offset comes along.
    const from = all.filter((message) => Number(message.offset) >= offset);
    const last = from.at(-1) ?? all.at(-1);
    const next = last === undefined ? offset : Math.max(offset, Number(last.offset)) + 1;
    return { messages: committedMessages(from, abortedTransactions), next, end: Number(lastStableOffset) };
  }

  /** A broker may be named as the leader before it knows that it is one, and after it no longer is. */
  private fromLeader<T>(ask: () => Promise<T>): Promise<T> {
    return createRetry(this.retry)(async (bail) => {
      try {
        return await ask();
      } catch (error) {
        if (isLeaderless(error)) await this.cluster.refreshMetadata();
        else bail(error);
        throw error;
      }
    });
  }

  async close(): Promise<void> {
    await this.cluster.disconnect();
  }
}

const isUnknownTopic = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && error.type === 'UNKNOWN_TOPIC_OR_PARTITION';
