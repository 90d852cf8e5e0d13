import type { TenantId } from '../../domain/ids.js';
import type { ShardIdentity, TenantState } from '../../domain/state.js';
import type { Queryable } from '../queryable.js';

/** What the shard says it is, or undefined before its first event. */
export async function readIdentity(db: Queryable): Promise<ShardIdentity | undefined> {
  const { rows } = await db.query<{
    shard: number;
    cluster: string;
    buckets: string;
    writer_version: number;
  }>('SELECT shard, cluster, buckets, writer_version FROM identity, head');
  const row = rows[0];
  return row && { ...row, buckets: JSON.parse(row.buckets), writerVersion: row.writer_version };
}

export async function readTenants(
  db: Queryable,
  ids: Iterable<TenantId>,
): Promise<(TenantState & { readonly id: TenantId })[]> {
  const { rows } = await db.query<{ id: TenantId; placement: 'compact' | 'spread'; seq: string }>(
    'SELECT id, placement, seq FROM tenants WHERE id = ANY ($1)',
    [[...ids]],
  );
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
}
