import type { Queryable } from '../queryable.js';
import { SHARD_DUTIES } from '../shard-lock.js';

/** Wakes whoever pumps the shard; false where no node does now. */
export async function wakePump(db: Queryable, shard: number): Promise<boolean> {
  const { rows } = await db.query<{ pumped: boolean }>({
    name: 'wake-pump',
    // The two numbers of an advisory lock, as pg_locks has them.
    text: `SELECT EXISTS (SELECT FROM pg_locks
                           WHERE locktype = 'advisory' AND granted AND classid::bigint = $1 AND objid::bigint = $2 AND objsubid = 2
                             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS pumped,
                  pg_notify('saldo_head', 'operator')`,
    values: [SHARD_DUTIES.pump, shard],
  });
  return rows[0]?.pumped === true;
}
