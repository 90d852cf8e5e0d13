import type { TenantId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf } from '../wire.js';

export interface DueHold {
  readonly transfer: TransferId;
  readonly tenant: TenantId;
}

/** The holds whose time has come by Postgres's own clock, longest due first, at most `limit`: one index scan. */
export async function readDueHolds(db: Queryable, limit: number): Promise<DueHold[]> {
  const { rows } = await db.query<{ transfer: string; tenant: TenantId }>({
    name: 'read-due-holds',
    text: `SELECT transfer, tenant FROM open_holds WHERE expires <= clock_timestamp() ORDER BY expires LIMIT $1`,
    values: [limit],
  });
  return rows.map(({ transfer, tenant }) => ({ transfer: idOf<TransferId>('tr', transfer), tenant }));
}
