import type { Kafka, Producer, Transaction } from 'kafkajs';
import { asFenced } from './fenced.js';

export interface ShardProducerOptions {
  readonly kafka: Kafka;
  readonly topic: string;
  readonly partition: number;
  readonly transactionalId: string;
  /** Positions are committed under this group's name. */
  readonly group: string;
}

/** A record's place: what the relay commits along with the records. */
export interface Published {
  readonly lastOffset: number;
}

const TRANSACTION_TIMEOUT_MS = 10_000;
const FENCED = 'another relay has taken over this shard';

/**
 * Writes one partition, exactly once, within kafkajs's limits: one send in flight, one partition a send, and after any
 * error it is thrown away with its producer, because kafkajs's transaction state does not recover.
 */
export class ShardProducer {
  private constructor(
    private readonly options: ShardProducerOptions,
    private readonly producer: Producer,
    private transaction: Transaction | undefined,
  ) {}

  /** Opens a transaction, which fences every older producer of this id and ends what it left open. */
  static async open(options: ShardProducerOptions): Promise<ShardProducer> {
    const { kafka, transactionalId } = options;
    const producer = kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
      return new ShardProducer(options, producer, await producer.transaction());
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw asFenced(error, FENCED);
    }
  }

  /**
   * Publishes values and their position in one transaction. `onSent` and `onCommitted` are fault points.
   * @throws ProducerFencedError, or whatever broke: then nothing or all of it was committed, and the log tells which.
   */
  async publish(values: readonly string[], lastSeq: number, onSent: () => void): Promise<Published> {
    const { topic, partition, group } = this.options;
    try {
      const transaction = this.transaction ?? (await this.producer.transaction());
      this.transaction = undefined;
      const messages = values.map((value) => ({ value, partition }));
      const answers = await transaction.send({ topic, messages, acks: -1 });
      const [answer] = answers;
      if (answers.length !== 1 || answer?.partition !== partition || answer.errorCode !== 0) {
        throw new Error(
          `the broker's answer does not cover partition ${partition}: ${JSON.stringify(answers)}`,
        );
      }
      const lastOffset = Number(answer.baseOffset) + values.length - 1;
      onSent();
      const position = { partition, offset: String(lastOffset), metadata: String(lastSeq) };
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: [position] }] });
      await transaction.commit();
      return { lastOffset };
    } catch (error) {
      throw asFenced(error, FENCED);
    }
  }

  async close(): Promise<void> {
    await this.transaction?.abort().catch(() => undefined);
    await this.producer.disconnect().catch(() => undefined);
  }
}
