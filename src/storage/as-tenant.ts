import type pg from 'pg';
import type { TenantId } from '../domain/ids.js';
import type { Queryable } from './queryable.js';
import { withClient } from './with-client.js';

/** Reads in one snapshot as one tenant: row-level security shows nothing of any other, whatever the query says. */
export async function asTenant<T>(
  pool: pg.Pool,
  tenant: TenantId,
  read: (db: Queryable) => Promise<T>,
): Promise<T> {
  return withClient(pool, async (client) => {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query("SELECT set_config('saldo.tenant', $1, true)", [tenant]);
    const result = await read(client);
    await client.query('COMMIT');
    return result;
  });
}
