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
  /** The log's last record as far as known, and who wrote it: a transaction of its own, or what it was told of. */
  private last:
    | { readonly offset: number; readonly by: 'this transaction' | 'the one before' | 'another' }
    | undefined;
  /** When the first of a transaction was sent. */
  private beganMs: number | undefined;

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
    this.last = { offset, by: 'another' };
  }

  /**
   * Sends values within the transaction that is open, or the next one.
   * @throws ProducerFencedError, or whatever broke: then nothing of the transaction was committed
   */
  send(values: readonly string[]): Promise<void> {
    this.beganMs ??= performance.now();
    return this.within(async () => {
      const { topic, partition } = this.options;
      this.transaction ??= await this.producer.transaction();
      const messages = values.map((value) => ({ value, partition }));
      const answers = await this.transaction.send({ topic, messages, acks: -1 });
      const [answer] = answers;
      if (answers.length !== 1 || answer?.partition !== partition || answer.errorCode !== 0) {
        throw new Error(
          `the broker's answer does not cover partition ${partition}: ${JSON.stringify(answers)}`,
        );
      }
      const offset = Number(answer.baseOffset);
      this.checkContinues(offset);
      this.last = { offset: offset + values.length - 1, by: 'this transaction' };
    });
  }

  /**
   * Commits what was sent, with the sequence of the last of it as the position.
   * @throws ProducerFencedError, or whatever broke: then nothing or all of it was committed, and the log tells which.
   */
  commit(lastSeq: number): Promise<Published> {
    return this.within(async () => {
      const { topic, partition, group } = this.options;
      const { transaction, last } = this;
      if (transaction === undefined || last?.by !== 'this transaction') throw new Error('nothing was sent');
      this.transaction = undefined;
      const position = { partition, offset: String(last.offset), metadata: String(lastSeq) };
      await transaction.sendOffsets({ consumerGroupId: group, topics: [{ topic, partitions: [position] }] });
      await transaction.commit();
      this.last = { offset: last.offset, by: 'the one before' };
      this.beganMs = undefined;
      return { lastOffset: last.offset };
    });
  }

  private async within<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.transaction = undefined;
      // A transaction that took too long is ended by the broker in the same words as one that was fenced off.
      const tookMs = performance.now() - (this.beganMs ?? 0);
      throw tookMs >= TRANSACTION_TIMEOUT_MS ? error : asFenced(error, FENCED);
    }
  }

  /** Between two transactions of one producer there is the marker that ended the first, and nothing else; within one, nothing. */
  private checkContinues(offset: number): void {
    if (this.last === undefined) return;
    const { offset: last, by } = this.last;
    if (by === 'another' ? offset > last : offset === last + (by === 'this transaction' ? 1 : 2)) return;
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
