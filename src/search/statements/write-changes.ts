import type { Queryable } from '../../storage/queryable.js';
import { uuidArray } from '../../storage/wire.js';
import type { Changes } from '../changes.js';
import { rowsOf } from '../rows.js';

/** One statement a table, its rows as one JSON text: no array is escaped item by item. */
export async function writeChanges(db: Queryable, shard: number, changes: Changes): Promise<void> {
  const rows = rowsOf(changes);
  const write = async (
    name: string,
    items: readonly unknown[],
    text: string,
    exact = true,
  ): Promise<void> => {
    if (items.length === 0) return;
    const { rowCount } = await db.query({ name: `search-${name}`, text, values: [JSON.stringify(items)] });
    if (exact && rowCount !== items.length)
      throw new Error(`${rowCount} rows of ${items.length} changed (${name})`);
  };
  await write(
    'insert-accounts',
    rows.opened,
    `INSERT INTO accounts (tenant, id, reference, asset, status, version, debits_posted, credits_posted, debits_pending, credits_pending)
     SELECT tenant, id, reference, asset, 'open', 0, 0, 0, 0, 0
       FROM json_to_recordset($1) AS r (tenant text, id uuid, reference text, asset text)`,
  );
  await write(
    'update-statuses',
    rows.statuses,
    `UPDATE accounts a SET status = r.status
       FROM json_to_recordset($1) AS r (tenant text, id uuid, status text)
      WHERE a.tenant = r.tenant AND a.id = r.id`,
  );
  await write(
    'update-counters',
    rows.counters,
    `UPDATE accounts a
        SET version = r.version, debits_posted = r.dp, credits_posted = r.cp, debits_pending = r.dn, credits_pending = r.cn
       FROM json_to_recordset($1) AS r (tenant text, id uuid, version bigint, dp numeric, cp numeric, dn numeric, cn numeric)
      WHERE a.tenant = r.tenant AND a.id = r.id`,
  );
  await write(
    'insert-transfers',
    rows.inserted,
    `INSERT INTO transfers (tenant, id, kind, status, created_at, ended_at, effective_at, reference, metadata, parent, legs, hold)
     SELECT tenant, id, kind, status, created_at, ended_at, effective_at, reference, metadata, parent, legs, hold
       FROM json_to_recordset($1) AS r (tenant text, id uuid, kind text, status text, created_at timestamptz,
            ended_at timestamptz, effective_at timestamptz, reference text, metadata jsonb, parent uuid, legs text, hold text)`,
  );
  await write(
    'update-transfers',
    rows.updated,
    `UPDATE transfers t
        SET status = r.status, ended_at = r.ended_at, effective_at = r.effective_at, hold = r.hold, legs = coalesce(r.legs, t.legs)
       FROM json_to_recordset($1) AS r (tenant text, id uuid, status text, ended_at timestamptz, effective_at timestamptz,
            hold text, legs text)
      WHERE t.tenant = r.tenant AND t.id = r.id`,
  );
  await write(
    'insert-tags',
    rows.tags,
    `INSERT INTO tags (tenant, tag, created_at, transfer)
     SELECT tenant, tag, created_at, transfer
       FROM json_to_recordset($1) AS r (tenant text, tag uuid, created_at timestamptz, transfer uuid)`,
  );
  // Counts days, not entries.
  await write(
    'insert-entries',
    rows.entries,
    `WITH r AS MATERIALIZED (
       SELECT * FROM json_to_recordset($1) AS r (tenant text, account uuid, effective_at timestamptz, day date,
              version bigint, debits numeric, credits numeric)),
     inserted AS (
       INSERT INTO entries (tenant, account, effective_at, version, debits, credits)
       SELECT tenant, account, effective_at, version, debits, credits FROM r)
     INSERT INTO day_sums AS s (tenant, account, day, debits, credits)
     SELECT tenant, account, day, sum(debits), sum(credits) FROM r GROUP BY tenant, account, day
         ON CONFLICT (tenant, account, day)
         DO UPDATE SET debits = s.debits + excluded.debits, credits = s.credits + excluded.credits`,
    false,
  );
  await write(
    'insert-parts',
    rows.begun.map((row) => ({ ...row, shard })),
    `INSERT INTO open_parts (shard, transfer, tenant, coordinates, effective_at, in_transit)
     SELECT shard, transfer, tenant, coordinates, effective_at, in_transit
       FROM json_to_recordset($1) AS r (shard integer, transfer uuid, tenant text, coordinates boolean,
            effective_at timestamptz, in_transit uuid[])`,
  );
  if (changes.over.size === 0) return;
  await db.query({
    name: 'search-delete-parts',
    text: 'DELETE FROM open_parts WHERE shard = $1 AND transfer = ANY ($2::uuid[])',
    values: [shard, uuidArray(changes.over)],
  });
}
