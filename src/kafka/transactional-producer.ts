import type { IHeaders, Kafka, Producer, Transaction } from 'kafkajs';
import { asFenced } from './fenced.js';

export interface OutgoingMessage {
  readonly key?: string;
  readonly value: string;
  readonly headers?: IHeaders;
}

/** What goes to one partition: kafkajs can lose records of a send to several (see the class). */
export interface Send {
  readonly topic: string;
  readonly partition: number;
  readonly messages: readonly OutgoingMessage[];
}

const TRANSACTION_TIMEOUT_MS = 10_000;
/** Below the broker's default limit of 1 MiB for a batch, with room for what frames it. */
const MAX_SEND_BYTES = 900_000;

/**
 * Commits records of several partitions together, within kafkajs's limits: one send in flight, one partition a send,
 * the answer must cover it, and after any error the producer is thrown away, because its transaction state does not
 * recover.
 */
export class TransactionalProducer {
  private constructor(
    private readonly transactionalId: string,
    private readonly producer: Producer,
    private transaction: Transaction | undefined,
  ) {}

  /** Opens a transaction, which fences every older producer of this id and ends what it left open. */
  static async open(kafka: Kafka, transactionalId: string): Promise<TransactionalProducer> {
    const producer = kafka.producer({
      transactionalId,
      idempotent: true,
      maxInFlightRequests: 1,
      transactionTimeout: TRANSACTION_TIMEOUT_MS,
      allowAutoTopicCreation: false,
    });
    try {
      await producer.connect();
      return new TransactionalProducer(transactionalId, producer, await producer.transaction());
    } catch (error) {
      await producer.disconnect().catch(() => undefined);
      throw asFenced(error, fencedOff(transactionalId));
    }
  }

  /** @throws ProducerFencedError, or whatever broke: then nothing or all of it was committed, and the log tells which. */
  async commit(sends: readonly Send[]): Promise<void> {
    try {
      const transaction = this.transaction ?? (await this.producer.transaction());
      this.transaction = undefined;
      for (const send of sends.flatMap(inBatches)) await sendOne(transaction, send);
      await transaction.commit();
    } catch (error) {
      throw asFenced(error, fencedOff(this.transactionalId));
    }
  }

  async close(): Promise<void> {
    await this.transaction?.abort().catch(() => undefined);
    await this.producer.disconnect().catch(() => undefined);
  }
}

const fencedOff = (transactionalId: string): string => `another producer has taken over ${transactionalId}`;

async function sendOne(transaction: Transaction, { topic, partition, messages }: Send): Promise<void> {
  const answers = await transaction.send({
    topic,
    messages: messages.map((message) => ({ ...message, partition })),
    acks: -1,
  });
  const [answer] = answers;
  if (answers.length !== 1 || answer?.partition !== partition || answer.errorCode !== 0) {
    const got = JSON.stringify(answers);
    throw new Error(`the broker's answer does not cover partition ${partition} of ${topic}: ${got}`);
  }
}

function inBatches({ topic, partition, messages }: Send): Send[] {
  const batches: Send[] = [];
  let batch: OutgoingMessage[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.value) + Buffer.byteLength(message.key ?? '') + 100;
    if (batch.length > 0 && bytes + size > MAX_SEND_BYTES) {
      batches.push({ topic, partition, messages: batch });
      batch = [];
      bytes = 0;
    }
    batch.push(message);
    bytes += size;
  }
  if (batch.length > 0) batches.push({ topic, partition, messages: batch });
  return batches;
}
