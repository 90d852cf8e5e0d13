import { ensureTopics } from '../../kafka/ensure-topic.js';
import { ProducerFencedError } from '../../kafka/fenced.js';
import { type Send, TransactionalProducer } from '../../kafka/transactional-producer.js';
import { HandlerFailedError, ShardTakenOverError } from '../errors.js';
import type { Item, JournalEvent, PoisonRecord, Position } from '../journal-event.js';
import { parkedTopic, positionsTopic, transactionalIdOf } from '../names.js';
import type { Processing, ProcessingContext, ShardSession } from '../processing.js';
import { keptSend, positionIn, readKept } from './kept-positions.js';
import { type Outgoing, OutgoingSorter } from './outgoing.js';

export interface ToKafkaOptions {
  /** What the event brings forth; the topics must be there. */
  readonly handle: (event: JournalEvent) => Promise<readonly Outgoing[]> | readonly Outgoing[];
}

export interface AtLeastOnceOptions {
  /** Does what the event is for. After a crash some events come again: what it does must bear that. */
  readonly handle: (event: JournalEvent) => Promise<void> | void;
}

/** Exactly once from Kafka to Kafka: records and position are one transaction, one producer a shard. */
export function toKafka({ handle }: ToKafkaOptions): Processing {
  let started: { readonly context: ProcessingContext; readonly sorter: OutgoingSorter } | undefined;
  const running = () => {
    if (started === undefined) throw new Error('the consumer was not started');
    return started;
  };
  return {
    start: async (context) => {
      const { kafka, cluster, group, shards: partitions } = context;
      await ensureTopics(kafka, [
        { topic: positionsTopic(cluster, group), partitions, config: { 'cleanup.policy': 'compact' } },
        {
          topic: parkedTopic(cluster, group),
          partitions,
          config: { 'retention.ms': '-1', 'retention.bytes': '-1' },
        },
      ]);
      started = { context, sorter: new OutgoingSorter(kafka) };
    },
    isFree: async (shard) => ((await readKept(running().context, shard))?.heldBy ?? null) === null,
    open: async (shard) => KafkaSession.open(running().context, running().sorter, handle, shard),
  };
}

/** At least once: first the handler, then the position. */
export function atLeastOnce({ handle }: AtLeastOnceOptions): Processing {
  return toKafka({
    handle: async (event) => {
      await handle(event);
      return [];
    },
  });
}

class KafkaSession implements ShardSession {
  position: Position | undefined;

  private constructor(
    private readonly context: ProcessingContext,
    private readonly sorter: OutgoingSorter,
    private readonly handle: ToKafkaOptions['handle'],
    private readonly shard: number,
    private readonly producer: TransactionalProducer,
  ) {}

  static async open(
    context: ProcessingContext,
    sorter: OutgoingSorter,
    handle: ToKafkaOptions['handle'],
    shard: number,
  ): Promise<KafkaSession> {
    const { kafka, cluster, group } = context;
    // Fences first: what is read then can not be moved by anybody else.
    const producer = await TransactionalProducer.open(kafka, transactionalIdOf(cluster, group, shard));
    const session = new KafkaSession(context, sorter, handle, shard, producer);
    try {
      const kept = await readKept(context, shard);
      session.position = kept && positionIn(kept);
      await session.commit([], session.position);
      return session;
    } catch (error) {
      await producer.close();
      throw error;
    }
  }

  async process(items: readonly Item[]): Promise<void> {
    const outgoing: Outgoing[] = [];
    let done: Position | undefined;
    let failed: HandlerFailedError | undefined;
    for (const [index, { event, position }] of items.entries()) {
      try {
        outgoing.push(...(await this.handle(event)));
        done = position;
      } catch (error) {
        failed = new HandlerFailedError(index, index, error);
        break;
      }
    }
    // What came before a failure is done, and is not done again.
    if (done !== undefined) await this.commit(await this.sorter.sends(this.shard, outgoing), done);
    if (failed !== undefined) throw failed;
  }

  async park({ shard, seq, offset, reason, text }: PoisonRecord, position: Position): Promise<void> {
    const { cluster, group } = this.context;
    const headers = { reason, shard: String(shard), sequence: String(seq ?? ''), offset: String(offset) };
    const send = {
      topic: parkedTopic(cluster, group),
      partition: shard,
      messages: [{ value: text, headers }],
    };
    await this.commit([send], position);
  }

  async close(released: boolean): Promise<void> {
    try {
      if (released) await this.producer.commit([keptSend(this.context, this.shard, this.position, null)]);
    } finally {
      await this.producer.close();
    }
  }

  private async commit(sends: readonly Send[], position: Position | undefined): Promise<void> {
    const { context, shard } = this;
    try {
      await this.producer.commit([...sends, keptSend(context, shard, position, context.instance)]);
    } catch (error) {
      if (!(error instanceof ProducerFencedError)) throw error;
      throw new ShardTakenOverError(context.group, shard, { cause: error });
    }
    this.position = position;
  }
}
