import type { Kafka, Producer, Transaction } from 'kafkajs';
import { asFenced } from './fenced.js';

/** The log is not where this producer left it: it lost its end, or another has written to it. Nothing was committed. */
export class LogMovedError extends Error {
  override readonly name = 'LogMovedError';
}

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
  /** The log's last record as far as known: its own, or what it was told. */
  private last: { readonly offset: number; readonly own: boolean } | undefined;

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

  /** Tells where the log ended when it was read: the next record must come after that. */
  goOnAfter(offset: number): void {
    this.last = { offset, own: false };
  }

  /**
   * Publishes values and their position in one transaction. `onSent` and `onCommitted` are fault points.
   * @throws ProducerFencedError, or whatever broke: then nothing or all of it was committed, and the log tells which.
   */
  async publish(values: readonly string[], lastSeq: number, onSent: () => void): Promise<Published> {
    const { topic, partition, group } = this.options;
    const beganMs = performance.now();
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
      const offset = Number(answer.baseOffset);
      this.checkContinues(offset);
      const lastOffset = offset + values.length - 1;
      onSent();
      const position = { partition, offset: String(lastOffset), metadata: String(lastSeq) };
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: [position] }] });
      await transaction.commit();
      this.last = { offset: lastOffset, own: true };
      return { lastOffset };
    } catch (error) {
      // A transaction that took too long is ended by the broker in the same words as one that was fenced off.
      throw performance.now() - beganMs >= TRANSACTION_TIMEOUT_MS ? error : asFenced(error, FENCED);
    }
  }

  /** Between two transactions of one producer there is the marker that ended the first, and nothing else. */
  private checkContinues(offset: number): void {
    if (this.last === undefined) return;
    const { offset: last, own } = this.last;
    if (own ? offset === last + 2 : offset > last) return;
    const { topic, partition } = this.options;
    throw new LogMovedError(
      `partition ${partition} of ${topic} ended at offset ${last}, and the next record got ${offset}`,
    );
  }

  async close(): Promise<void> {
    await this.transaction?.abort().catch(() => undefined);
    await this.producer.disconnect().catch(() => undefined);
  }
}
