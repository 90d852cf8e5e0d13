import { setTimeout as delay } from 'node:timers/promises';
import type { Kafka } from 'kafkajs';
import type pg from 'pg';
import type { KafkaOptions } from '../kafka/client.js';
import { ProducerFencedError } from '../kafka/fenced.js';
import { journalTopic, relayGroup } from '../kafka/journal-topic.js';
import { KafkaLine } from '../kafka/line.js';
import { ShardProducer } from '../kafka/shard-producer.js';
import { pause } from '../storage/pause.js';
import type { Wake } from '../storage/wake-up.js';
import { JournalDivergedError } from './journal-diverged-error.js';
import { logEnd } from './log-end.js';
import { ReadAhead } from './read-ahead.js';

export interface ShardRelayOptions {
  readonly shard: number;
  readonly cluster: string;
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Nothing may be published that a failover can undo. */
  readonly barrier: { pass(): Promise<void> };
  readonly kafkaOptions: KafkaOptions;
  /** Woken by the shard's commits. */
  readonly wake: Wake;
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void;
  /** Done before each session: the topic may not be there yet. */
  readonly prepare?: (kafka: Kafka) => Promise<void>;
  readonly faultPoint?: (name: string) => void;
  /** Called after each transaction with the last published sequence. */
  readonly onPublished?: (seq: number, events: number) => void;
  /** Called with what broke a session; it goes on by itself, unless it was fenced or the journal is not the shard's. */
  readonly onFailure?: (error: unknown) => void;
}

const POLL_MS = 200;
/** A transaction costs the broker the same for one event as for a thousand: where few wait, one begins so often at most. */
const PACE_MS = 25;
const BACKOFF_MS = [100, 250, 500, 1_000, 2_000] as const;
/** Batches in one transaction, where more wait: below a second of the ten that a broker grants it. */
const MOST_SENDS = 8;
/** What takes longer is given up; a broker's own patience with a transaction is 10 s. */
const STEP_MS = 30_000;
/** What a relay that is told to stop may still take to end its transaction. */
const STOPPING_MS = 2_000;

/**
 * Publishes a shard's events to its partition: in order, exactly once, whatever dies. Kafka being away stops nothing
 * but the stream. Run it under the shard's `relay` lock; a second one fences the first.
 */
export class ShardRelay {
  private failures = 0;
  private seq: number | undefined;
  private inSession = false;

  constructor(private readonly options: ShardRelayOptions) {}

  /** The last sequence it knows to be in Kafka; undefined until it has once looked. */
  get published(): number | undefined {
    return this.seq;
  }

  /** Whether it has fenced every other, knows the log's end, and publishes. */
  get relaying(): boolean {
    return this.inSession;
  }

  /** Relays until the signal is aborted. @throws ProducerFencedError, JournalDivergedError */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      try {
        await this.session(lost);
      } catch (error) {
        if (lost.aborted) return;
        this.options.onFailure?.(error);
        if (error instanceof ProducerFencedError || error instanceof JournalDivergedError) throw error;
        const pauseMs = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 2_000;
        // A new broker needs a moment for its first transaction: only what asking once more does not cure is a warning.
        const level = this.failures === 0 ? 'info' : 'warn';
        this.failures += 1;
        this.options.log(level, `${messageOf(error)}; trying again in ${pauseMs} ms`);
        await pause(pauseMs, lost);
      }
    }
  }

  /** One producer's life: it fences, finds the journal's true end, and publishes from there until something breaks. */
  private async session(lost: AbortSignal): Promise<void> {
    const { kafkaOptions, cluster, shard, pool, log, prepare } = this.options;
    const line = new KafkaLine(kafkaOptions);
    let stopping: NodeJS.Timeout | undefined;
    const stop = (): void => {
      stopping = setTimeout(() => line.cut('the relay was told to stop'), STOPPING_MS);
    };
    lost.addEventListener('abort', stop, { once: true });
    let producer: ShardProducer | undefined;
    try {
      if (prepare !== undefined) await line.within(STEP_MS, 'looking at the topic', prepare(line.kafka));
      producer = await line.within(
        STEP_MS,
        'fencing',
        ShardProducer.open({
          kafka: line.kafka,
          topic: journalTopic(cluster),
          partition: shard,
          transactionalId: `${cluster}.shard-${shard}`,
          group: relayGroup(cluster),
        }),
      );
      // However long the log: only a broker that says nothing ends it, by its own limit on each request.
      const end = await logEnd(line, cluster, shard, pool);
      if (end.keptSeq !== undefined) {
        const said = `the position says sequence ${end.keptSeq}, the log ends at ${end.seq}`;
        log('warn', `${said}: going on from the log's true end`);
      }
      producer.goOnAfter(end.offset);
      this.seq = end.seq;
      this.inSession = true;
      log('info', `relaying from sequence ${end.seq + 1}`);
      await this.publishFrom(end.seq, producer, line, lost);
    } finally {
      this.inSession = false;
      lost.removeEventListener('abort', stop);
      if (producer !== undefined) await line.within(STOPPING_MS, 'closing', producer.close());
      clearTimeout(stopping);
      line.end();
    }
  }

  private async publishFrom(
    after: number,
    producer: ShardProducer,
    line: KafkaLine,
    lost: AbortSignal,
  ): Promise<void> {
    const { pool, barrier, shard, wake, onPublished, faultPoint = () => undefined } = this.options;
    const source = new ReadAhead({ shard, pool, barrier, after });
    while (!lost.aborted) {
      const { bodies, lastSeq, more } = await source.next();
      if (bodies.length === 0) {
        await wake.wait(POLL_MS);
        continue;
      }
      const beganMs = performance.now();
      const send = async (batch: readonly string[]): Promise<void> => {
        await line.within(STEP_MS, 'a send', producer.send(batch));
        faultPoint('after-relay-send');
      };
      await send(bodies);
      let [last, events] = [{ lastSeq, more }, bodies.length];
      // To end a transaction takes as long for one batch as for several: a backlog is published so many at once.
      for (let sends = 1; last.more && source.ready && sends < MOST_SENDS; sends += 1) {
        const next = await source.next();
        last = next;
        if (next.bodies.length === 0) break;
        await send(next.bodies);
        events += next.bodies.length;
      }
      await line.within(STEP_MS, 'a transaction', producer.commit(last.lastSeq));
      faultPoint('after-relay-commit');
      this.failures = 0;
      this.seq = last.lastSeq;
      onPublished?.(last.lastSeq, events);
      const pauseMs = PACE_MS - (performance.now() - beganMs);
      if (!last.more && pauseMs > 0) await delay(pauseMs);
    }
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
