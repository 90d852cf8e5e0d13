import type pg from 'pg';
import { createPool } from '../storage/pools.js';
import { type RowText, SNAPSHOT_ROWS, type SnapshotTable } from './snapshot-rows.js';

export interface SnapshotHead {
  readonly seq: number;
  readonly hash: string;
  /** ISO 8601, UTC, milliseconds. */
  readonly time: string;
  readonly writerVersion: number;
  /** How many rows its table has: one. */
  readonly rows: number;
}

export interface IdRow {
  readonly id: string;
  readonly row: RowText;
}

/** Of a bigint. */
const [LEAST_SEQ, GREATEST_SEQ] = ['-9223372036854775808', '9223372036854775807'];

/** One shard as it was at one moment, whatever is written meanwhile: a read-only snapshot, held until `close`. */
export class ShardSnapshot {
  private constructor(
    readonly shard: number,
    readonly head: SnapshotHead,
    private readonly pool: pg.Pool,
    private readonly client: pg.PoolClient,
  ) {}

  static async take(shard: number, url: string): Promise<ShardSnapshot> {
    const pool = createPool({ url, role: 'posting', name: 'audit', max: 2, readOnly: true });
    const client = await pool.connect().catch(async (cause: unknown) => {
      await pool.end();
      throw new Error(`shard ${shard} can not be read: ${messageOf(cause)}`, { cause });
    });
    // A connection that breaks is told by the next query; without a listener it would end the process.
    client.on('error', () => undefined);
    // The posting role's sessions end transactions that stall; an audit's may last.
    await client.query('SET transaction_timeout = 0; SET idle_in_transaction_session_timeout = 0');
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const { rows } = await client.query<{ seq: string; hash: string; ms: string; writer: number }>(
      `SELECT seq, encode(hash, 'hex') AS hash, (extract(epoch FROM time) * 1000)::bigint AS ms,
              writer_version AS writer FROM head`,
    );
    const { seq = '0', hash = '', ms = '0', writer = 0 } = rows[0] ?? {};
    const time = new Date(Number(ms)).toISOString();
    const head = { seq: Number(seq), hash, time, writerVersion: writer, rows: rows.length };
    return new ShardSnapshot(shard, head, pool, client);
  }

  /** Rows of a table for `after < seq <= upTo`, in the journal's order. */
  async rows(table: SnapshotTable, after: number, upTo: number): Promise<{ seq: number; row: RowText }[]> {
    const { rows } = await this.client.query<{ seq: string; row: string }>(SNAPSHOT_ROWS[table], [
      after,
      upTo,
    ]);
    return rows.map(({ seq, row }) => ({ seq: Number(seq), row }));
  }

  /** A row of a table that no event of the shard can have left, if there is one. */
  async outside(table: SnapshotTable): Promise<{ seq: number; row: RowText }[]> {
    const { rows } = await this.client.query<{ seq: string; row: string }>(
      `SELECT * FROM (${SNAPSHOT_ROWS[table]}) AS before LIMIT 1`,
      [LEAST_SEQ, 0],
    );
    const after = await this.client.query<{ seq: string; row: string }>(
      `SELECT * FROM (${SNAPSHOT_ROWS[table]}) AS after LIMIT 1`,
      [this.head.seq, GREATEST_SEQ],
    );
    return [...rows, ...after.rows].map(({ seq, row }) => ({ seq: Number(seq), row }));
  }

  async accounts(): Promise<IdRow[]> {
    const { rows } = await this.client.query<{ id: string; row: string }>(
      `SELECT 'acc_' || replace(id::text, '-', '') AS id,
              concat_ws(' ', tenant, asset, kind, coalesce(min_balance::text, 'none'), coalesce(max_balance::text, 'none'),
                        coalesce(peer::text, 'none'), status, coalesce(bucket::text, 'none'), seq,
                        CASE WHEN review_debits THEN 'review' ELSE 'free' END, coalesce('=' || reference, 'none'), metadata) AS row
         FROM accounts ORDER BY id`,
    );
    return rows;
  }

  /** Intents that the shard says are open, by transfer. */
  async openIntents(): Promise<IdRow[]> {
    const { rows } = await this.client.query<{ id: string; row: string }>(
      `SELECT 'tr_' || replace(transfer::text, '-', '') AS id,
              concat_ws(' ', seq, tenant, route, (extract(epoch FROM deadline) * 1000)::bigint) AS row FROM open_intents`,
    );
    return rows;
  }

  /** Holds that the shard says will expire, by transfer. */
  async openHolds(): Promise<IdRow[]> {
    const { rows } = await this.client.query<{ id: string; row: string }>(
      `SELECT 'tr_' || replace(transfer::text, '-', '') AS id,
              concat_ws(' ', tenant, (extract(epoch FROM expires) * 1000)::bigint) AS row FROM open_holds`,
    );
    return rows;
  }

  /** Transfers that the shard says wait for a decision. */
  async openReviews(): Promise<IdRow[]> {
    const ms = (column: string) => `coalesce((extract(epoch FROM ${column}) * 1000)::bigint::text, 'none')`;
    const { rows } = await this.client.query<{ id: string; row: string }>(
      `SELECT 'tr_' || replace(transfer::text, '-', '') AS id,
              concat_ws(' ', seq, tenant, ${ms('opened')}, ${ms('deadline')}, ${ms('escalates')}) AS row FROM open_reviews`,
    );
    return rows;
  }

  /** How far the shard says its schedules are. */
  async schedules(): Promise<IdRow[]> {
    const { rows } = await this.client.query<{ id: string; row: string }>(
      `SELECT 'sch_' || replace(id::text, '-', '') AS id,
              concat_ws(' ', tenant, bucket, once::text, seq, settled,
                        coalesce((extract(epoch FROM due) * 1000)::bigint::text, 'none'), canceled::text) AS row
         FROM schedules`,
    );
    return rows;
  }

  /** What the shard says it is; `none` before its first event. */
  async identity(): Promise<RowText> {
    const { rows } = await this.client.query<{ row: string }>(
      `SELECT concat_ws(' ', shard, cluster, buckets) AS row FROM identity`,
    );
    return rows.map(({ row }) => row).join() || 'none';
  }

  /** The events after a sequence, at most so many, as the shard has them at this moment, not at the snapshot's. */
  async eventsNow(after: number, count: number): Promise<readonly string[]> {
    const { rows } = await this.pool.query<{ body: string }>(
      'SELECT body FROM events WHERE seq > $1 AND seq <= $2 ORDER BY seq',
      [after, after + count],
    );
    return rows.map(({ body }) => body);
  }

  async tenants(): Promise<IdRow[]> {
    const { rows } = await this.client.query<{ id: string; row: string }>(
      `SELECT id, concat_ws(' ', placement, seq) AS row FROM tenants ORDER BY id`,
    );
    return rows;
  }

  async close(): Promise<void> {
    this.client.release(true);
    await this.pool.end();
  }
}

/** A refused connection to a name with several addresses has its reasons inside, and no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
