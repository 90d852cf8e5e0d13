import type pg from 'pg';
import type { Barrier } from '../storage/barrier.js';
import { replicated } from '../storage/replicated.js';
import { append } from '../storage/statements/append.js';
import { type Head, readHead } from '../storage/statements/read-head.js';
import { withClient } from '../storage/with-client.js';
import type { BatchState } from './batch-state.js';
import type { ComputedBatch } from './compute-batch.js';
import { classify, StaleCopyError } from './failure.js';

/** `error`: the batch's own or one's before it. `written`: it was committed all the same. */
type Landing = 'landed' | { readonly error: unknown; readonly written: boolean };

interface Sent {
  readonly batch: ComputedBatch;
  readonly sentMs: number;
  readonly landing: Promise<Landing>;
}

/** What became of a failed batch and of those computed on top of it. */
export interface Failed {
  readonly error: unknown;
  /** Oldest first: the one that failed, and those that can not stand without it. */
  readonly batches: readonly [ComputedBatch, ...ComputedBatch[]];
}

export interface BatchLineOptions {
  readonly pool: pg.Pool;
  readonly barrier: Barrier;
  readonly beforeCommit: (batch: ComputedBatch) => void;
  /** Called for each batch that is durable, in order, with how long that took since it was computed. */
  readonly committed: (batch: ComputedBatch, commitMs: number) => void;
}

/**
 * Batches on their way, oldest first, each computed on top of the one before. Each is sent at once on a connection of
 * its own and waits in Postgres for the head that the one before it holds, so the server goes from one to the next
 * without this process (docs/adr/0010).
 */
export class BatchLine {
  private readonly sent: Sent[] = [];

  constructor(private readonly options: BatchLineOptions) {}

  get length(): number {
    return this.sent.length;
  }

  /** Settled when the oldest is: `next` says what became of it. */
  get oldest(): Promise<unknown> | undefined {
    return this.sent[0]?.landing;
  }

  /** The head that the newest leaves; undefined where none is on its way. */
  get head(): Head | undefined {
    return this.sent.at(-1)?.batch.to;
  }

  /** Newest first. */
  get states(): BatchState[] {
    return this.sent.map(({ batch }) => batch.state).reverse();
  }

  send(batch: ComputedBatch): void {
    const [secondLast, last] = [this.sent.at(-2), this.sent.at(-1)];
    const sentMs = performance.now();
    const landing = this.land(batch, sentMs, secondLast?.landing, last?.landing);
    this.sent.push({ batch, sentMs, landing });
  }

  /**
   * Waits for the oldest. If it fails, so do those computed on top of it: the line is empty then. But one that was
   * written all the same proves that those before it were, though their replies were lost.
   */
  async next(): Promise<Failed | undefined> {
    const [oldest] = this.sent;
    const landing = await oldest?.landing;
    if (landing === undefined) return undefined;
    if (landing === 'landed') {
      this.sent.shift();
      return undefined;
    }
    const all = this.sent.splice(0);
    const landings = await Promise.all(all.map((one) => one.landing));
    const written = landings.findLastIndex((one) => one === 'landed' || one.written) + 1;
    for (const { batch, sentMs } of all.slice(0, written))
      this.options.committed(batch, performance.now() - sentMs);
    const [first, ...others] = all.slice(written).map(({ batch }) => batch);
    return first && { error: landing.error, batches: [first, ...others] };
  }

  private async land(
    batch: ComputedBatch,
    sentMs: number,
    room: Promise<Landing> | undefined,
    before: Promise<Landing> | undefined,
  ): Promise<Landing> {
    // The server has one to write and one that waits for the head: a third would come there out of order.
    await room;
    // What only reads must find the head where the one before has left it.
    if (batch.parameters === undefined) await before;
    const early = await this.settle(batch);
    const earlier = (await before) ?? 'landed';
    if (earlier !== 'landed') return { error: earlier.error, written: early === undefined };
    // It came there first: what it was computed from is the head only now.
    const overtook = before !== undefined && early !== undefined && classify(early).kind === 'contended';
    const error = overtook ? await this.settle(batch) : early;
    if (error !== undefined) return { error, written: false };
    this.options.committed(batch, performance.now() - sentMs);
    return 'landed';
  }

  /**
   * Commits; where there is nothing to commit, the copy that the answers were read from must still be the shard's, and
   * waits until that can not be undone. Resolves with what went wrong, if anything.
   */
  private async settle(batch: ComputedBatch): Promise<unknown> {
    const { pool, barrier, beforeCommit } = this.options;
    const { parameters, from } = batch;
    try {
      if (parameters === undefined) {
        const { seq, hash } = await readHead(pool);
        if (seq !== from.seq || hash !== from.hash) throw new StaleCopyError('another node has written');
        await barrier.pass();
        return undefined;
      }
      beforeCommit(batch);
      // The pool would throw the connection away after each lost compare-and-swap.
      const keep = (error: unknown): boolean => classify(error).kind !== 'unknown';
      await withClient(pool, (client) => replicated(client, () => append(client, parameters)), keep);
      return undefined;
    } catch (error) {
      return error ?? new Error('the append failed without a reason');
    }
  }
}
