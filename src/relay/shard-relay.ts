import type { Kafka } from 'kafkajs';
import type pg from 'pg';
import { hashOf } from '../journal/hash.js';
import type { KafkaOptions } from '../kafka/client.js';
import { ProducerFencedError } from '../kafka/fenced.js';
import { journalTopic, relayGroup } from '../kafka/journal-topic.js';
import { lastRecord } from '../kafka/last-record.js';
import { PartitionReader } from '../kafka/partition-reader.js';
import { readPosition } from '../kafka/read-position.js';
import { ShardProducer } from '../kafka/shard-producer.js';
import { readEvents } from '../storage/statements/read-events.js';
import type { Wake } from '../storage/wake-up.js';

export interface ShardRelayOptions {
  readonly shard: number;
  readonly cluster: string;
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Nothing may be published that a failover can undo. */
  readonly barrier: { pass(): Promise<void> };
  readonly kafka: Kafka;
  readonly kafkaOptions: KafkaOptions;
  /** Woken by the shard's commits. */
  readonly wake: Wake;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  readonly faultPoint?: (name: string) => void;
  /** Called after each transaction with the last published sequence. */
  readonly onPublished?: (seq: number) => void;
}

/** The journal in Kafka is not the shard's: a person has to look. */
export class JournalDivergedError extends Error {
  override readonly name = 'JournalDivergedError';
}

const MAX_EVENTS = 1_000;
/** Below the broker's default limit of 1 MiB for a batch, with room for what frames it. */
const MAX_BYTES = 900_000;
const POLL_MS = 200;
/** A transaction costs the broker the same for one event as for a thousand: at most so many a second. */
const LINGER_MS = 25;
const BACKOFF_MS = [100, 250, 500, 1_000, 2_000] as const;

/**
 * Publishes a shard's events to its partition: in order, exactly once, whatever dies. Kafka being away stops nothing
 * but the stream. Run it under the shard's `relay` lock; a second one fences the first.
 */
export class ShardRelay {
  private failures = 0;

  constructor(private readonly options: ShardRelayOptions) {}

  /** Relays until the signal is aborted. @throws ProducerFencedError, JournalDivergedError */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      try {
        await this.session(lost);
      } catch (error) {
        if (error instanceof ProducerFencedError || error instanceof JournalDivergedError) throw error;
        const pause = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 2_000;
        this.failures += 1;
        this.options.log('warn', `${messageOf(error)}; trying again in ${pause} ms`);
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  }

  /** One producer's life: it fences, finds the journal's true end, and publishes from there until something breaks. */
  private async session(lost: AbortSignal): Promise<void> {
    const { kafka, cluster, shard, pool, barrier, wake, log } = this.options;
    const producer = await ShardProducer.open({
      kafka,
      topic: journalTopic(cluster),
      partition: shard,
      transactionalId: `${cluster}.shard-${shard}`,
      group: relayGroup(cluster),
    });
    try {
      let seq = await this.publishedUpTo();
      log('info', `relaying from sequence ${seq + 1}`);
      while (!lost.aborted) {
        const events = await readEvents(pool, seq, MAX_EVENTS);
        if (events.length === 0) await wake.wait(POLL_MS);
        else {
          await barrier.pass();
          seq = await this.publish(producer, events, seq);
        }
        if (events.length > 0 && events.length < MAX_EVENTS)
          await new Promise((resolve) => setTimeout(resolve, LINGER_MS));
      }
    } finally {
      await producer.close();
    }
  }

  private async publish(
    producer: ShardProducer,
    events: readonly { readonly seq: number; readonly body: string }[],
    after: number,
  ): Promise<number> {
    const { faultPoint = () => undefined, onPublished, shard } = this.options;
    const values: string[] = [];
    let bytes = 0;
    let seq = after;
    for (const event of events) {
      if (event.seq !== seq + 1) throw new JournalDivergedError(`shard ${shard} has no event ${seq + 1}`);
      bytes += Buffer.byteLength(event.body);
      if (values.length > 0 && bytes > MAX_BYTES) break;
      values.push(event.body);
      seq = event.seq;
    }
    await producer.publish(values, seq, () => faultPoint('after-relay-send'));
    faultPoint('after-relay-commit');
    this.failures = 0;
    onPublished?.(seq);
    return seq;
  }

  /** The sequence of the last event in the log, checked against the shard's own. */
  private async publishedUpTo(): Promise<number> {
    const { kafka, kafkaOptions, cluster, shard, log } = this.options;
    const topic = journalTopic(cluster);
    const kept = await readPosition(kafka, relayGroup(cluster), topic, shard);
    const reader = await PartitionReader.open(kafkaOptions, topic, shard);
    try {
      const last = await lastRecord(reader, kept?.offset);
      const seq = last === undefined ? 0 : await this.sameAsShard(last.value);
      if (kept !== undefined && kept.seq !== seq) {
        log(
          'warn',
          `the position says sequence ${kept.seq}, the log ends at ${seq}: going on from the log's true end`,
        );
      }
      return seq;
    } finally {
      await reader.close();
    }
  }

  private async sameAsShard(published: string): Promise<number> {
    const { pool, shard } = this.options;
    const seq = Number((JSON.parse(published) as { sequence?: string }).sequence);
    if (!Number.isSafeInteger(seq))
      throw new JournalDivergedError(`the journal of shard ${shard} ends with no event`);
    const [own] = await readEvents(pool, seq - 1, 1);
    if (own?.seq !== seq || own.body !== published) {
      const expected = own?.seq === seq ? hashOf(own.body) : 'no such event';
      throw new JournalDivergedError(
        `event ${seq} of shard ${shard} is ${expected} in the shard and ${hashOf(published)} in the journal: an operator must look`,
      );
    }
    return seq;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
