import type pg from 'pg';
import { endClient } from './end-client.js';
import { pause } from './pause.js';
import { createClient } from './pools.js';

/** What is done by exactly one node at a time, for a shard or (search) for the cluster: class ids of advisory locks. */
export const SHARD_DUTIES = { relay: 7_001, pump: 7_002, search: 7_003 } as const;
export type ShardDuty = keyof typeof SHARD_DUTIES;

const HEARTBEAT_MS = 1_000;
/** A stopped node's session ends after this, and with it its lock; its TCP connection would answer for ever. */
const SESSION_TIMEOUT_MS = 5_000;
const RETRY_MS = 1_000;

/**
 * Holds a duty for a shard while this node can: takes the advisory lock, calls `onHeld`, and when the session is lost
 * aborts the signal it gave and tries again. The lock is for speed and order; safety comes from the compare-and-swap,
 * the fenced producer and idempotent steps.
 */
export class ShardLock {
  private stopping = new AbortController();
  private running: Promise<void> | undefined;
  private holding = false;

  constructor(
    private readonly url: string,
    private readonly duty: ShardDuty,
    private readonly shard: number,
    /** Does the duty until the signal is aborted; may throw, then it is taken up again. */
    private readonly onHeld: (lost: AbortSignal) => Promise<void>,
    private readonly onError: (error: unknown) => void,
    /** Whether this node can do the duty: where it can not, another shall have it. */
    private readonly able: () => boolean = () => true,
  ) {}

  /** Whether this node has the duty now. */
  get held(): boolean {
    return this.holding;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      try {
        if (this.able()) await this.holdOnce();
      } catch (error) {
        this.onError(error);
      }
      await pause(RETRY_MS, this.stopping.signal);
    }
  }

  private async holdOnce(): Promise<void> {
    const client = createClient({ url: this.url, role: 'posting', name: `lock-${this.duty}` });
    const lost = new AbortController();
    client.on('error', () => lost.abort());
    client.on('end', () => lost.abort());
    await client.connect();
    try {
      await client.query(`SET idle_session_timeout = ${SESSION_TIMEOUT_MS}`);
      const { rows } = await client.query('SELECT pg_try_advisory_lock($1, $2) AS held', [
        SHARD_DUTIES[this.duty],
        this.shard,
      ]);
      if (rows[0]?.held !== true) return;
      const ended = AbortSignal.any([lost.signal, this.stopping.signal]);
      const heartbeat = this.beat(client, lost, ended);
      try {
        this.holding = true;
        await this.onHeld(ended);
      } finally {
        this.holding = false;
        lost.abort();
        await heartbeat;
      }
    } finally {
      await endClient(client);
    }
  }

  private async beat(client: pg.Client, lost: AbortController, ended: AbortSignal): Promise<void> {
    while (!ended.aborted) {
      await pause(HEARTBEAT_MS, ended);
      if (!ended.aborted) await client.query('SELECT 1').catch(() => lost.abort());
    }
  }
}
