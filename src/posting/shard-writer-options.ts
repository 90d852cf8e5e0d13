import type pg from 'pg';
import type { ShardStoppedError } from '../errors/shard-errors.js';
import { WRITER_VERSION } from '../journal/envelope.js';
import type { ComputedBatch } from './compute-batch.js';
import { type CacheSizes, DEFAULT_CACHE_SIZES } from './shard-cache.js';

export interface ShardWriterOptions {
  readonly shard: number;
  readonly cluster: string;
  /** Connections that act as the posting role. */
  readonly pool: pg.Pool;
  /** The epoch this node was told; a head of another one is not written. */
  readonly epoch: number;
  readonly clock?: () => number;
  readonly writerVersion?: number;
  readonly cacheSizes?: CacheSizes;
  /** Most commands in one commit, and most legs unless one command has more. */
  readonly maxBatch?: number;
  readonly maxLegs?: number;
  /** Commands that must wait before the next batch is computed while one is on its way. */
  readonly overlapFrom?: number;
  /** The same where the server has two already and the next one can only be made ready. */
  readonly readyFrom?: number;
  /** Most commands that may wait; more are turned away at once. */
  readonly maxWaiting?: number;
  /** How long a command is tried again while the shard does not answer, milliseconds. */
  readonly patienceMs?: number;
  /** Resolves when the shard is as this release has to find it; until then nothing is written, and it is asked again. */
  readonly ready?: () => Promise<void>;
  /** Called when a batch is computed, before it is sent: fault points. */
  readonly beforeCommit?: (batch: ComputedBatch) => void;
  /** Called after each commit, before anyone is answered. */
  /** Called after each commit, before anyone is answered, with how long it took. */
  readonly onCommitted?: (batch: ComputedBatch, commitMs: number) => void;
  /** Called when the shard can not be written for now; it is tried again until it can. */
  readonly onTrouble?: (why: string) => void;
  /** Called once when this node must stop writing the shard. */
  readonly onStopped?: (error: ShardStoppedError) => void;
}

export const DEFAULTS = {
  clock: Date.now,
  writerVersion: WRITER_VERSION,
  cacheSizes: DEFAULT_CACHE_SIZES,
  maxBatch: 512,
  maxLegs: 8_000,
  overlapFrom: 24,
  readyFrom: 256,
  maxWaiting: 100_000,
  patienceMs: 10_000,
  ready: () => Promise.resolve(),
  beforeCommit: () => undefined,
  onCommitted: () => undefined,
  onTrouble: () => undefined,
} satisfies Partial<ShardWriterOptions>;
