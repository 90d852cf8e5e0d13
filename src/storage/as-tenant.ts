import type pg from 'pg';
import type { TenantId } from '../domain/ids.js';
import type { Queryable } from './queryable.js';
import { withClient } from './with-client.js';

/** Reads in one snapshot as one tenant: row-level security shows nothing of any other, whatever the query says. */
export const asTenant = <T>(
  pool: pg.Pool,
  tenant: TenantId,
  read: (db: Queryable) => Promise<T>,
): Promise<T> =>
  inSnapshot(pool, async (db) => {
    await db.query("SELECT set_config('saldo.tenant', $1, true)", [tenant]);
    return read(db);
  });

/** Reads in one snapshot, which may write nothing. */
export const inSnapshot = <T>(pool: pg.Pool, read: (db: Queryable) => Promise<T>): Promise<T> =>
  withClient(pool, async (client) => {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    const result = await read(client);
    await client.query('COMMIT');
    return result;
  });
