import type { Command, Origin } from '../domain/command.js';
import {
  CommandFailedError,
  ShardStoppedError,
  ShardUnavailableError,
  type StopCause,
} from '../errors/shard-errors.js';
import { UnknownEventError } from '../journal/decode.js';
import { Barrier } from '../storage/barrier.js';
import type { Queryable } from '../storage/queryable.js';
import { replicated } from '../storage/replicated.js';
import { append } from '../storage/statements/append.js';
import type { Head } from '../storage/statements/read-head.js';
import { withClient } from '../storage/with-client.js';
import { aTurn } from './a-turn.js';
import type { Answer } from './answer.js';
import { BatchLine } from './batch-line.js';
import { BatchState } from './batch-state.js';
import { catchUp } from './catch-up.js';
import { type ComputedBatch, computeBatch } from './compute-batch.js';
import { classify, UncomputableError } from './failure.js';
import { load } from './load.js';
import { ShardCache } from './shard-cache.js';
import { DEFAULTS, type ShardWriterOptions } from './shard-writer-options.js';
import { legsOf, type Submission } from './submission.js';

/** After a lost compare-and-swap, this many batches lock the head first, so that two nodes do not starve each other. */
const LOCKED_BATCHES = 8;
const MOST_STALE_READS = 3;
/** Batches on their way at once: one that the server writes, one that waits there for the head, one ready to be sent. */
const DEPTH = 3;
const ANSWERS_A_TURN = 64;
/** After a key that was used before, this many batches ask for their keys beforehand: repeats come in crowds. */
const ASKING_BATCHES = 64;
const BACKOFF_MS = [20, 50, 100, 250, 500, 1_000] as const;

/**
 * Writes one shard: one commit for all commands that wait, ordered by the head (docs/architecture.md, "A shard's write
 * path"). Any number of nodes may write the same shard at once; the compare-and-swap keeps that correct.
 */
export class ShardWriter {
  private readonly queue: Submission[] = [];
  private readonly cache: ShardCache;
  private readonly barrier: Barrier;
  private readonly options: Required<Omit<ShardWriterOptions, 'onStopped'>>;
  private readonly onStopped: ((error: ShardStoppedError) => void) | undefined;
  private running: Promise<void> | undefined;
  private head: Head | undefined;
  /** Another node has written: it has to be followed before anything is answered. */
  private behind = false;
  private staleReads = 0;
  private readonly line: BatchLine;
  /** Set while it waits for enough to compute another batch. */
  private filled: (() => void) | undefined;
  private order = 0;
  private lockedBatches = 0;
  private askingBatches = 0;
  private failures = 0;
  private stopped: ShardStoppedError | undefined;
  private readonly stopping = new AbortController();
  private lastFailure: string | undefined;
  private closed = false;

  constructor({ onStopped, ...options }: ShardWriterOptions) {
    this.options = { ...DEFAULTS, ...options };
    this.onStopped = onStopped;
    this.cache = new ShardCache(options.shard, this.options.cacheSizes);
    this.barrier = new Barrier(options.pool);
    const { pool, beforeCommit } = this.options;
    const committed = (batch: ComputedBatch, commitMs: number): void => this.committed(batch, commitMs);
    this.line = new BatchLine({ pool, barrier: this.barrier, beforeCommit, committed });
  }

  get shard(): number {
    return this.options.shard;
  }

  /** Why this node does not write the shard any more, if so. */
  get stopReason(): ShardStoppedError | undefined {
    return this.stopped;
  }

  /** Aborted when this node must stop writing the shard. */
  get stopSignal(): AbortSignal {
    return this.stopping.signal;
  }

  /** Commands that wait for the next batch. */
  get waiting(): number {
    return this.queue.length;
  }

  get cachedAccounts(): number {
    return this.cache.accountCount;
  }

  /** What keeps it from writing just now, if anything; it goes on by itself. */
  get trouble(): string | undefined {
    return this.failures === 0 ? undefined : this.lastFailure;
  }

  /**
   * Carries out one command and resolves when its outcome is durable. `dry`: only tells what would become of it.
   * @throws ShardUnavailableError if that is not known, ShardStoppedError, CommandFailedError
   */
  submit<C extends Command>(command: C, origin: Origin, { dry = false } = {}): Promise<Answer<C>> {
    if (this.stopped !== undefined) return Promise.reject(this.stopped);
    if (this.closed)
      return Promise.reject(new ShardUnavailableError(this.shard, 'the node is shutting down'));
    if (this.queue.length >= this.options.maxWaiting)
      return Promise.reject(new ShardUnavailableError(this.shard, 'too many commands wait for it'));
    return new Promise((settle, reject) => {
      const giveUpAtMs = performance.now() + this.options.patienceMs;
      this.order += 1;
      const resolve = settle as (answer: Answer) => void;
      const legs = legsOf(command);
      this.queue.push({ command, origin, dry, legs, order: this.order, giveUpAtMs, resolve, reject });
      if (this.queue.length >= this.wanted) this.filled?.();
      this.wake();
    });
  }

  /** Takes no more commands and resolves when those under way have their answers. */
  async close(): Promise<void> {
    this.closed = true;
    while (this.running !== undefined) await this.running;
  }

  private wake(): void {
    if (this.running !== undefined) return;
    // A turn later, so that commands put in the same tick share the batch.
    this.running = aTurn()
      .then(() => this.run())
      .finally(() => {
        this.running = undefined;
        if (this.queue.length > 0 && this.stopped === undefined) this.wake();
      });
  }

  private async run(): Promise<void> {
    while (this.stopped === undefined && (this.queue.length > 0 || this.line.length > 0)) {
      const { length: ahead } = this.line;
      if (ahead > 0 && ahead < DEPTH) await this.landedOrFilled();
      if (ahead >= DEPTH || this.queue.length < this.wanted) {
        await this.land();
        continue;
      }
      const submissions = this.queue.splice(0, this.batchSize());
      if (this.lockedBatches > 0 || this.failures > 0) {
        await this.landAll();
        await this.writeLocked(submissions);
      } else {
        await this.writeOptimistic(submissions);
      }
    }
  }

  /** So many must wait for another batch to be computed: the more are on their way already, the less is it urgent. */
  private get wanted(): number {
    const { overlapFrom, readyFrom } = this.options;
    return [1, overlapFrom][this.line.length] ?? readyFrom;
  }

  /** Until the oldest batch has landed or enough waits for another one. */
  private async landedOrFilled(): Promise<void> {
    if (this.queue.length >= this.wanted) return;
    const filled = new Promise<void>((resolve) => {
      this.filled = resolve;
    });
    await Promise.race([this.line.oldest, filled]);
    this.filled = undefined;
  }

  /** Half of what waits where nothing is on its way: the other half is computed while the server has the first. */
  private batchSize(): number {
    const { maxBatch, maxLegs, overlapFrom } = this.options;
    const waiting = this.queue.length;
    const share = this.line.length === 0 && waiting >= 2 * overlapFrom ? Math.ceil(waiting / 2) : waiting;
    const most = Math.min(share, maxBatch);
    let legs = 0;
    for (let size = 0; size < most; size += 1) {
      legs += this.queue[size]?.legs ?? 0;
      if (legs > maxLegs) return Math.max(1, size);
    }
    return most;
  }

  /** Computes on top of what is committed or on its way. */
  private async writeOptimistic(submissions: readonly Submission[]): Promise<void> {
    const { pool, writerVersion, ready } = this.options;
    try {
      if (this.head === undefined) await ready();
      if (this.head === undefined || (this.behind && this.line.length === 0)) {
        this.head = await catchUp(pool, this.cache, this.head, { writer: writerVersion });
        this.behind = false;
      }
      const { head = this.head, states } = this.line;
      this.line.send(await this.compute(pool, submissions, head, states));
    } catch (error) {
      await this.landAll();
      await this.failed(submissions, error);
    }
  }

  /** Waits for the oldest batch on its way. If it fails, those computed on top of it go back. */
  private async land(): Promise<void> {
    const failed = await this.line.next();
    if (failed === undefined) return;
    const [first, ...onTop] = failed.batches;
    for (const { submissions } of onTop) this.putBack(submissions);
    await this.failed(first.submissions, failed.error);
  }

  private async landAll(): Promise<void> {
    while (this.line.length > 0) await this.land();
  }

  /** Locks the head, catches up, computes and commits in one transaction: slower, but nobody can come in between. */
  private async writeLocked(submissions: readonly Submission[]): Promise<void> {
    try {
      await this.locked(submissions);
      this.lockedBatches = Math.max(0, this.lockedBatches - 1);
    } catch (error) {
      await this.failed(submissions, error);
    }
  }

  private async locked(submissions: readonly Submission[]): Promise<void> {
    const beganMs = performance.now();
    await this.options.ready();
    const batch = await withClient(this.options.pool, async (client) => {
      await client.query('BEGIN');
      this.head = await catchUp(client, this.cache, this.head, {
        lock: true,
        writer: this.options.writerVersion,
      });
      const computed = await this.compute(client, submissions, this.head, []);
      this.options.beforeCommit(computed);
      if (computed.parameters !== undefined) await append(client, computed.parameters);
      const { command } = await replicated(client, () => client.query('COMMIT'));
      if (command !== 'COMMIT') throw new Error(`the transaction ended with ${command}`);
      return computed;
    });
    if (batch.parameters === undefined) await this.barrier.pass();
    this.committed(batch, performance.now() - beganMs);
  }

  private async compute(
    db: Queryable,
    submissions: readonly Submission[],
    head: Head,
    ahead: readonly BatchState[],
  ): Promise<ComputedBatch> {
    const { shard, clock, cluster, epoch, writerVersion: writer } = this.options;
    const commands = submissions.map(({ command }) => command);
    const askingOrNot = async (ask: boolean): Promise<ComputedBatch> => {
      const state = new BatchState(shard);
      await load(db, state, commands, [...ahead, this.cache], { ask });
      if (state.claims.size > 0) this.askingBatches = ASKING_BATCHES;
      try {
        return await computeBatch(state, head, submissions, clock(), { cluster, epoch, writer });
      } catch (error) {
        throw new UncomputableError(messageOf(error), { cause: error });
      }
    };
    this.askingBatches = Math.max(0, this.askingBatches - 1);
    const batch = await askingOrNot(this.askingBatches > 0);
    // Where nothing is written the append can not ask.
    const unsure = batch.parameters === undefined && batch.state.unasked.size > 0;
    return unsure ? askingOrNot(true) : batch;
  }

  /** Only now is the new copy the truth, and only now are callers answered. */
  private committed(batch: ComputedBatch, commitMs: number): void {
    this.head = batch.to;
    this.failures = 0;
    this.staleReads = 0;
    batch.state.mergeInto(this.cache);
    if (batch.parameters !== undefined) this.options.onCommitted(batch, commitMs);
    // Callers go on a turn later: the next batch is on its way first, and the server works while they do.
    void answer(batch);
  }

  private async failed(submissions: readonly Submission[], error: unknown): Promise<void> {
    if (error instanceof UnknownEventError) return this.stop('unknown_event', error.message, submissions);
    const failure = classify(error);
    switch (failure.kind) {
      case 'stop':
        return this.stop(failure.cause, messageOf(error), submissions);
      case 'stale':
        // Optimistic again for as long as that comes to an end.
        this.behind = true;
        this.staleReads += 1;
        if (this.staleReads > MOST_STALE_READS) this.lockedBatches = 1;
        return this.putBack(submissions);
      case 'known':
        this.askingBatches = ASKING_BATCHES;
        return this.putBack(submissions);
      case 'contended':
        this.lockedBatches = LOCKED_BATCHES;
        return this.putBack(submissions);
      case 'data':
        return this.isolate(submissions, error);
      case 'early':
        return this.later(submissions, error);
      case 'unknown':
        // Whether it was committed is not known: the copy is dropped, and the repeat finds out by its ids.
        this.forget();
        return this.later(submissions, error);
    }
  }

  /** Tries again after a pause what there is still patience for; the others, those that wait too, are told. */
  private async later(submissions: readonly Submission[], error: unknown): Promise<void> {
    this.lastFailure = messageOf(error);
    if (this.failures === 0) this.options.onTrouble(this.lastFailure);
    this.putBack(submissions);
    this.giveUp(error);
    const pause = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)] ?? 1_000;
    this.failures += 1;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }

  /** Finds the one command that Postgres refuses: each half on its own, from a fresh copy, until it stands alone. */
  private async isolate(submissions: readonly Submission[], error: unknown): Promise<void> {
    const parts = submissions.length === 1 ? [submissions] : halves(submissions);
    for (const part of parts) {
      this.forget();
      try {
        await this.locked(part);
      } catch (again) {
        if (classify(again).kind !== 'data') await this.failed(part, again);
        else if (part.length > 1) await this.isolate(part, again);
        else part[0]?.reject(new CommandFailedError(messageOf(error), { cause: again }));
      }
    }
  }

  private forget(): void {
    this.cache.clear();
    this.head = undefined;
  }

  private putBack(submissions: readonly Submission[]): void {
    if (this.stopped !== undefined) for (const { reject } of submissions) reject(this.stopped);
    else this.queue.splice(0, 0, ...submissions);
    this.queue.sort((a, b) => a.order - b.order);
  }

  private giveUp(cause: unknown): void {
    const now = performance.now();
    const unknown = new ShardUnavailableError(this.shard, messageOf(cause), { cause });
    const patient = this.queue.findIndex(({ giveUpAtMs }) => giveUpAtMs > now);
    for (const { reject } of this.queue.splice(0, patient < 0 ? this.queue.length : patient)) reject(unknown);
  }

  private stop(cause: StopCause, message: string, submissions: readonly Submission[]): void {
    this.stopped = new ShardStoppedError(this.shard, cause, message);
    this.stopping.abort();
    this.forget();
    for (const { reject } of [...submissions, ...this.queue.splice(0)]) reject(this.stopped);
    this.onStopped?.(this.stopped);
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function answer({ answers, submissions }: ComputedBatch): Promise<void> {
  for (let index = 0; index < submissions.length; index += 1) {
    if (index % ANSWERS_A_TURN === 0) await aTurn();
    const one = answers[index];
    if (one instanceof Error) submissions[index]?.reject(new CommandFailedError(one.message, { cause: one }));
    else if (one !== undefined) submissions[index]?.resolve(one);
  }
}

function halves<T>(items: readonly T[]): (readonly T[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
