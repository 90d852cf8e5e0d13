import type pg from 'pg';
import { createPool } from '../storage/pools.js';
import {
  milliseconds,
  orNone,
  type RowText,
  rowsInPlace,
  rowsWhere,
  type SnapshotTable,
} from './snapshot-rows.js';

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
  rows(table: SnapshotTable, after: number, upTo: number): Promise<{ seq: number; row: RowText }[]> {
    return this.ofEvents(rowsWhere(table, 'seq > $1 AND seq <= $2'), [after, upTo]);
  }

  /** A row of a table that no event of the shard can have left, if there is one. */
  async outside(table: SnapshotTable): Promise<{ seq: number; row: RowText }[]> {
    const before = await this.ofEvents(`${rowsWhere(table, 'seq <= 0')} LIMIT 1`);
    const after = await this.ofEvents(`${rowsWhere(table, 'seq > $1')} LIMIT 1`, [this.head.seq]);
    const ofNone = await this.ofEvents(`${rowsWhere(table, 'seq IS NULL')} LIMIT 1`);
    return [...before, ...after, ...ofNone];
  }

  /** From here on tables are read as they are, without their indexes: whoever writes the shard may have kept rows out of one. */
  async leaveIndexes(): Promise<void> {
    const off = ['indexscan', 'indexonlyscan', 'bitmapscan'].map((way) => `SET LOCAL enable_${way} = off`);
    await this.client.query(['SET LOCAL enable_seqscan = on', ...off].join('; '));
  }

  /** How many rows a table has. */
  async count(table: SnapshotTable): Promise<number> {
    const { rows } = await this.client.query<{ count: string }>(`SELECT count(*) FROM ${table}`);
    return Number(rows[0]?.count);
  }

  accounts(): Promise<IdRow[]> {
    const columns = [
      ...['tenant', 'asset', 'kind', orNone('min_balance'), orNone('max_balance'), orNone('peer')],
      ...['status', orNone('bucket'), 'seq'],
      `CASE WHEN review_debits THEN 'review' WHEN NOT review_debits THEN 'free' END`,
      `coalesce(to_json(reference)::text, 'null')`,
      'metadata',
    ];
    return this.inPlace('accounts', idOf('acc', 'id'), columns);
  }

  /** Intents that the shard says are open, by transfer. */
  openIntents(): Promise<IdRow[]> {
    return this.inPlace('open_intents', idOf('tr', 'transfer'), [
      'seq',
      'tenant',
      'route',
      milliseconds('deadline'),
    ]);
  }

  /** Holds that the shard says will expire, by transfer. */
  openHolds(): Promise<IdRow[]> {
    return this.inPlace('open_holds', idOf('tr', 'transfer'), ['tenant', milliseconds('expires')]);
  }

  /** Transfers that the shard says wait for a decision. */
  openReviews(): Promise<IdRow[]> {
    const times = ['opened', 'deadline', 'escalates'].map((column) => orNone(milliseconds(column)));
    return this.inPlace('open_reviews', idOf('tr', 'transfer'), ['seq', 'tenant', ...times]);
  }

  /** How far the shard says its schedules are. */
  schedules(): Promise<IdRow[]> {
    const due = orNone(milliseconds('due'));
    const columns = ['tenant', 'bucket', 'once::text', 'seq', 'settled', due, 'canceled::text'];
    return this.inPlace('schedules', idOf('sch', 'id'), columns);
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

  tenants(): Promise<IdRow[]> {
    return this.inPlace('tenants', 'id', ['placement', 'seq']);
  }

  async close(): Promise<void> {
    this.client.release(true);
    await this.pool.end();
  }

  private async ofEvents(
    sql: string,
    values: readonly number[] = [],
  ): Promise<{ seq: number; row: RowText }[]> {
    const { rows } = await this.client.query<{ seq: string; row: string }>(sql, [...values]);
    return rows.map(({ seq, row }) => ({ seq: Number(seq), row }));
  }

  private async inPlace(table: string, id: string, columns: readonly string[]): Promise<IdRow[]> {
    return (await this.client.query<IdRow>(rowsInPlace(table, id, columns))).rows;
  }
}

const idOf = (prefix: string, column: string): string => `'${prefix}_' || replace(${column}::text, '-', '')`;

/** A refused connection to a name with several addresses has its reasons inside, and no message of its own. */
function messageOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
