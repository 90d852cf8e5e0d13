import { setTimeout as delay } from 'node:timers/promises';
import { JournalFaultError } from '../journal/journal-cursor.js';
import type { KafkaOptions } from '../kafka/client.js';
import {
  EventNotProcessedError,
  HandlerFailedError,
  isPassing,
  PoisonEventError,
  reasonOf,
  ShardTakenOverError,
} from './errors.js';
import type { Item, PoisonRecord, Position } from './journal-event.js';
import type { CompiledOptions } from './options.js';
import type { ShardSession } from './processing.js';
import { ShardReader } from './shard-reader.js';

/** `waiting`: for the instance before to let go. `halted`: until it is resumed. */
export type ShardState = 'waiting' | 'running' | 'paused' | 'retrying' | 'halted' | 'stopped';

const READ_MS = 500;
const FREE_POLL_MS = 50;
const BACKOFF_MS = [200, 500, 1_000, 5_000, 15_000] as const;
const ATTEMPT_MS = [50, 250, 1_000] as const;
/** Thrown to leave a session at a stop; what it was about to try again is tried by whoever comes next. */
const STOPPING = new Error('stopping');

/** One shard's life on this instance: take it over, read, process, try again after faults, leave it in good order. */
export class ShardRunner {
  state: ShardState = 'waiting';
  position: Position | undefined;
  fault: unknown;
  private readonly stopping = new AbortController();
  private readonly running: Promise<void>;
  private paused: boolean;
  private halted = false;
  private wake: () => void = () => undefined;
  private failures = 0;
  /** How often in a row, without anything done in between. */
  private takenOver = 0;

  constructor(
    private readonly shard: number,
    private readonly options: CompiledOptions,
    private readonly kafkaOptions: KafkaOptions,
    paused: boolean,
  ) {
    this.paused = paused;
    this.running = this.run();
  }

  pause(): void {
    this.paused = true;
  }

  /** Goes on after a pause, or tries a halted shard again. */
  resume(): void {
    this.paused = false;
    this.halted = false;
    this.wake();
  }

  /** Resolves when what was under way is committed and the shard is released. */
  async stop(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async run(): Promise<void> {
    while (!this.stopped) {
      try {
        await this.untilFree();
        if (!this.stopped) await this.session();
      } catch (error) {
        await this.afterFault(error);
      }
    }
    this.state = 'stopped';
  }

  private async afterFault(error: unknown): Promise<void> {
    const { shard, options } = this;
    this.fault = error;
    if (isHalting(error)) {
      this.state = 'halted';
      this.halted = true;
      options.onFault({ shard, error });
      while (this.halted && !this.stopped) await this.untilWoken();
    } else {
      const retryMs = error instanceof ShardTakenOverError ? this.stepBackMs() : this.backoffMs();
      this.state = 'retrying';
      if (!this.stopped) options.onFault({ shard, error, retryMs });
      await this.pauseFor(retryMs);
    }
  }

  private backoffMs(): number {
    const ms = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 15_000;
    this.failures += 1;
    return ms;
  }

  /**
   * Who was replaced finds out from the group before it takes the shard back from its new owner. Where two are told to take the
   * same one, each steps back for longer and longer, so that one of them gets somewhere however slow everything is.
   */
  private stepBackMs(): number {
    const ms = this.options.sessionTimeoutMs * 2 ** Math.min(this.takenOver, 4) * (1 + Math.random() / 2);
    this.takenOver += 1;
    return Math.round(ms);
  }

  /** Waits until the instance before has let go, but not for ever: it may be gone. */
  private async untilFree(): Promise<void> {
    const { processing, handoverMs } = this.options;
    this.state = 'waiting';
    const deadline = performance.now() + handoverMs;
    while (!this.stopped && performance.now() < deadline && !(await processing.isFree(this.shard))) {
      await this.pauseFor(FREE_POLL_MS);
    }
  }

  private async session(): Promise<void> {
    const { shard, kafkaOptions, options } = this;
    const session = await options.processing.open(shard);
    let released = false;
    try {
      const { position } = session;
      this.position = position;
      await options.prepare?.(shard, position);
      const { cluster, from } = options;
      const reader = await ShardReader.open({ kafkaOptions, cluster, shard, position, from });
      try {
        this.position = position ?? reader.position;
        await this.readAll(reader, session);
      } finally {
        await reader.close();
      }
      released = true;
    } catch (error) {
      released = error === STOPPING || isHalting(error);
      if (error !== STOPPING) throw error;
    } finally {
      // A release that fails costs the next instance a wait, and must not hide what went wrong.
      await session.close(released).catch(() => undefined);
    }
  }

  private async readAll(reader: ShardReader, session: ShardSession): Promise<void> {
    while (!this.stopped) {
      if (this.paused) {
        this.state = 'paused';
        await this.untilWoken();
        continue;
      }
      this.state = 'running';
      let batch: Item[] = [];
      const flush = async (): Promise<void> => {
        const full = batch;
        batch = [];
        if (full.length > 0) await this.processAll(session, full);
      };
      try {
        for await (const next of reader.read(READ_MS)) {
          if ('event' in next) batch.push(next);
          else {
            await flush();
            await this.poison(session, next.poison, next.position);
          }
          if (batch.length >= this.options.maxEvents) await flush();
          if (this.stopped || this.paused) break;
        }
      } catch (error) {
        // What came before a gap is sound, and not held up by it.
        if (error instanceof JournalFaultError) await flush();
        throw error;
      }
      await flush();
    }
  }

  private async processAll(session: ShardSession, items: readonly Item[]): Promise<void> {
    try {
      await session.process(items);
      this.moved(items.at(-1)?.position);
    } catch (error) {
      if (!(error instanceof HandlerFailedError)) throw error;
      const { index, done } = error;
      this.moved(items[done - 1]?.position);
      // One by one up to the one that failed, to find out whether it is to blame; then the rest as before.
      for (const item of items.slice(done, index + 1)) await this.processOne(session, item);
      if (index + 1 < items.length) await this.processAll(session, items.slice(index + 1));
    }
  }

  private async processOne(session: ShardSession, item: Item): Promise<void> {
    const { attempts, isPassing: passing = () => false } = this.options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        await session.process([item]);
        this.moved(item.position);
        return;
      } catch (error) {
        if (!(error instanceof HandlerFailedError)) throw error;
        const { cause } = error;
        if (isPassing(cause) || passing(cause)) throw cause;
        if (this.stopped) throw STOPPING;
        if (cause instanceof PoisonEventError || attempt >= attempts) {
          const { shard, seq, text } = item.event;
          const record = { shard, seq, offset: item.position.offset - 1, reason: reasonOf(cause), text };
          await this.poison(session, record, item.position, cause);
          return;
        }
        await this.pauseFor(ATTEMPT_MS[Math.min(attempt, ATTEMPT_MS.length) - 1] ?? 1_000);
      }
    }
  }

  private async poison(
    session: ShardSession,
    record: PoisonRecord,
    position: Position,
    cause?: unknown,
  ): Promise<void> {
    const { shard, seq, offset, reason } = record;
    const error = new EventNotProcessedError(shard, seq, offset, { reason, cause });
    if (this.options.onPoison === 'stop') throw error;
    await session.park(record, position);
    this.moved(position);
    this.options.onParked(record);
  }

  private moved(position: Position | undefined): void {
    if (position === undefined) return;
    this.position = position;
    this.failures = 0;
    this.takenOver = 0;
    this.fault = undefined;
  }

  private async untilWoken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.wake = resolve;
    });
  }

  private async pauseFor(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.stopping.signal }).catch(() => undefined);
  }
}

/** What trying again does not mend: a person, or another release, has to. */
const isHalting = (error: unknown): boolean =>
  error instanceof JournalFaultError || error instanceof EventNotProcessedError;
