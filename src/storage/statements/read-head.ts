import type pg from 'pg';
import type { Queryable } from '../queryable.js';

/** Where a shard's journal ends. `hash` in lower-case hex, `timeMs` since 1970. */
export interface Head {
  readonly seq: number;
  readonly hash: string;
  readonly timeMs: number;
  readonly epoch: number;
  readonly writerVersion: number;
}

/** `lock`: no other writer commits until this transaction ends; used after a lost compare-and-swap. */
export async function readHead(db: Queryable, { lock = false } = {}): Promise<Head> {
  const { rows }: pg.QueryResult<HeadRow> = await db.query(
    `SELECT seq, encode(hash, 'hex') AS hash, (extract(epoch FROM time) * 1000)::bigint AS ms, epoch, writer_version
       FROM head ${lock ? 'FOR UPDATE' : ''}`,
  );
  const row = rows[0];
  if (row === undefined) throw new Error('the shard has no head: it was never migrated');
  return {
    seq: Number(row.seq),
    hash: row.hash,
    timeMs: Number(row.ms),
    epoch: row.epoch,
    writerVersion: row.writer_version,
  };
}

interface HeadRow {
  readonly seq: string;
  readonly hash: string;
  readonly ms: string;
  readonly epoch: number;
  readonly writer_version: number;
}
