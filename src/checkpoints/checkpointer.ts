import type pg from 'pg';
import { type CheckpointStatement, MOST_BEHIND, type Signing } from '../domain/checkpoint.js';
import { decodeEvent } from '../journal/decode.js';
import { GENESIS_HASH } from '../journal/envelope.js';
import { hashOf } from '../journal/hash.js';
import { checkpointHash, type Signer } from '../journal/signing-key.js';
import type { Router } from '../routing/router.js';
import { countCheckpointsAfter } from '../storage/statements/read-checkpoints.js';
import { eventAt } from '../storage/statements/read-events.js';
import { type Head, readHead } from '../storage/statements/read-head.js';
import { readSigning } from '../storage/statements/read-signing.js';
import { digestOf, totalsAt } from './stretch.js';

export interface CheckpointerOptions {
  readonly shard: number;
  readonly cluster: string;
  readonly router: Router;
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Nothing may be signed that a failover can undo. */
  readonly barrier: { pass(): Promise<void> };
  readonly signer: Signer;
  /** A checkpoint is made when so many events wait for one, or when some wait and the last one is so long ago. */
  readonly maxEvents: number;
  readonly everyMs: number;
  readonly onError: (error: unknown) => void;
  readonly onWarning: (message: string) => void;
  /** Where more events than this wait because signing was off, it begins again near the end: a reader remembers no more. */
  readonly farBehind?: number;
  /** Milliseconds since 1970. */
  readonly clock?: () => number;
}

const POLL_MS = 500;
const ORIGIN = { actor: 'system:checkpoint' } as const;

/**
 * Signs a shard's journal, stretch by stretch, from what is committed; posting knows nothing of it. Two of these do no
 * harm: the kernel takes only the next checkpoint, whoever made it.
 */
export class Checkpointer {
  private latest = { number: -1, seenMs: Number.NEGATIVE_INFINITY };
  private warnedOf: string | undefined;

  constructor(private readonly options: CheckpointerOptions) {}

  /** Signs until the signal is aborted. */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      const more = await this.pass(lost).catch((error: unknown) => {
        this.options.onError(error);
        return false;
      });
      if (!more && !lost.aborted) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Makes the next checkpoint if it is due; true if the one after it may be due too. */
  async pass(lost?: AbortSignal): Promise<boolean> {
    const { pool, maxEvents } = this.options;
    const signing = await readSigning(pool);
    if (signing.keys.length === 0) return this.takeOver();
    if (!this.isOurs(signing)) return false;
    const head = await readHead(pool);
    const before = await this.statementOf(signing);
    const covered = before?.last ?? 0;
    if (!(await this.isDue(head.seq, covered, signing))) return false;
    const checkpoint = await this.make(head, before, lost);
    if (checkpoint === undefined) return false;
    await this.options.barrier.pass();
    const signature = this.options.signer.sign('checkpoint', checkpoint);
    const { shard, router } = this.options;
    // Refused: another node has made one meanwhile. The next look tells.
    await router.submit(shard, { kind: 'sign_checkpoint', checkpoint, signature }, ORIGIN);
    return head.seq - checkpoint.last >= maxEvents;
  }

  /** A shard without any key takes this node's; where another node was faster, its key signs. */
  private async takeOver(): Promise<boolean> {
    const { shard, cluster, signer, router } = this.options;
    const signingKey = { cluster, shard, ...signer.key, previous: null };
    const signature = signer.sign('signing_key', signingKey);
    await router.submit(shard, { kind: 'add_signing_key', signingKey, signature }, ORIGIN);
    return true;
  }

  /** Whether this node's key signs the shard. */
  private isOurs({ keys }: Signing): boolean {
    const { shard, signer, onWarning } = this.options;
    const current = keys.at(-1)?.id;
    const { key } = signer;
    if (current === key.id) return true;
    if (this.warnedOf !== current) {
      this.warnedOf = current;
      onWarning(
        `${current} signs shard ${shard}, and this node has ${key.id}: it makes no checkpoints (see "saldo keys rotate")`,
      );
    }
    return false;
  }

  private async statementOf({ checkpoint }: Signing): Promise<CheckpointStatement | undefined> {
    if (checkpoint === undefined) return undefined;
    const { event } = decodeEvent(await eventAt(this.options.pool, checkpoint.seq));
    if (event.type === 'checkpoint.signed') return event.checkpoint;
    throw new Error(`event ${checkpoint.seq} is listed as a checkpoint and is a ${event.type}`);
  }

  private async isDue(head: number, covered: number, { checkpoint }: Signing): Promise<boolean> {
    const { pool, maxEvents, everyMs } = this.options;
    const number = checkpoint?.number ?? 0;
    const now = performance.now();
    if (this.latest.number >= 0 && this.latest.number !== number) this.latest = { number, seenMs: now };
    this.latest.number = number;
    const waiting = head - covered;
    if (waiting >= maxEvents) return true;
    if (now - this.latest.seenMs < everyMs) return false;
    // Checkpoints alone are no news.
    return waiting > (await countCheckpointsAfter(pool, covered));
  }

  private async make(
    head: Head,
    before: CheckpointStatement | undefined,
    lost: AbortSignal | undefined,
  ): Promise<CheckpointStatement | undefined> {
    const { pool, cluster, shard, signer, maxEvents, clock = Date.now } = this.options;
    const { farBehind = MOST_BEHIND / 2 } = this.options;
    const covered = before?.last ?? 0;
    const first = head.seq - covered > farBehind ? head.seq - farBehind + 1 : covered + 1;
    const last = Math.min(first + maxEvents - 1, head.seq);
    const chained = first === covered + 1 ? (before?.hash ?? GENESIS_HASH) : undefined;
    const prev = chained ?? hashOf(await eventAt(pool, first - 1));
    const { hash, root } = await digestOf(pool, first, last, prev);
    const totals = await totalsAt(pool, before?.totals ?? [], covered, last, lost);
    if (totals === undefined) return undefined;
    return {
      cluster,
      shard,
      number: (before?.number ?? 0) + 1,
      first,
      last,
      hash,
      root,
      previous: before === undefined ? null : checkpointHash(before),
      time: new Date(clock()).toISOString(),
      totals,
      key: signer.key.id,
    };
  }
}
