import type { TenantId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf } from '../wire.js';

export interface Due {
  readonly transfer: TransferId;
  readonly tenant: TenantId;
}

/** The holds whose time has come by Postgres's own clock, longest due first, at most `limit`: one index scan. */
export const readDueHolds = (db: Queryable, limit: number): Promise<Due[]> =>
  readDue(db, 'read-due-holds', 'open_holds', 'expires', limit);

/** As `readDueHolds`, the reviews that nobody has decided before their deadline. */
export const readDueReviews = (db: Queryable, limit: number): Promise<Due[]> =>
  readDue(db, 'read-due-reviews', 'open_reviews', 'deadline', limit);

async function readDue(
  db: Queryable,
  name: string,
  table: string,
  time: string,
  limit: number,
): Promise<Due[]> {
  const { rows } = await db.query<{ transfer: string; tenant: TenantId }>({
    name,
    text: `SELECT transfer, tenant FROM ${table} WHERE ${time} <= clock_timestamp() ORDER BY ${time} LIMIT $1`,
    values: [limit],
  });
  return rows.map(({ transfer, tenant }) => ({ transfer: idOf<TransferId>('tr', transfer), tenant }));
}
