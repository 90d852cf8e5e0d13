import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import type pg from 'pg';
import { packageRoot } from '../config/package-root.js';
import { createPool } from './pools.js';
import { withClient } from './with-client.js';

/** Taken while migrating: drizzle's migrator itself takes no lock. */
const MIGRATION_LOCK = 7_215_336;

interface MigrationJournal {
  readonly entries: readonly { readonly when: number; readonly tag: string }[];
}

/**
 * Brings a database to this release's schema; safe to run from many nodes at once and again and again.
 * @throws RangeError if the database is of a newer release, or if a migration was slipped in before one already applied
 * (drizzle would skip it silently).
 */
export async function migrateDatabase(url: string, kind: 'shard' | 'control' | 'search'): Promise<void> {
  const pool = createPool({ url, role: 'owner', name: 'migrate', max: 1 });
  try {
    await withClient(pool, async (client) => {
      await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      await createRoles(client);
      const folder = join(packageRoot(), 'migrations', kind);
      await checkOrder(client, folder);
      await migrate(drizzle(client), { migrationsFolder: folder });
    });
  } finally {
    // Ends the session, and with it the lock.
    await pool.end();
  }
}

/** Roles belong to the server, not to the database: two databases of one server may create them at the same moment. */
async function createRoles(client: pg.PoolClient): Promise<void> {
  for (const role of ['saldo_posting', 'saldo_reader']) {
    await client.query(`DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${role}') THEN CREATE ROLE ${role} NOLOGIN; END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`);
  }
}

async function checkOrder(client: pg.PoolClient, folder: string): Promise<void> {
  const text = readFileSync(join(folder, 'meta', '_journal.json'), 'utf8');
  const ours = (JSON.parse(text) as MigrationJournal).entries;
  const { rows: tables } = await client.query(
    `SELECT to_regclass('drizzle.__drizzle_migrations') IS NOT NULL AS there`,
  );
  if (tables[0]?.there !== true) return;
  const { rows } = await client.query<{ created_at: string }>(
    'SELECT created_at FROM drizzle.__drizzle_migrations ORDER BY created_at',
  );
  rows.forEach(({ created_at }, index) => {
    if (Number(created_at) !== ours[index]?.when) {
      throw new RangeError(
        `migration ${index} of this database is not migration ${index} of this release (${ours[index]?.tag ?? 'it has none'}): ` +
          'the database belongs to another or a newer release',
      );
    }
  });
}
