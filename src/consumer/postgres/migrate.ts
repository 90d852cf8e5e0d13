import { join } from 'node:path';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import pg from 'pg';
import { packageRoot } from '../../config/package-root.js';

/** Taken while migrating: drizzle's migrator itself takes no lock. */
const MIGRATION_LOCK = 7_215_337;

/**
 * Makes or brings up to date the schema `saldo_consumer` in a consumer's database, and nothing outside it. Safe to run from
 * many instances at once and again and again. The connection's role must be allowed to create a schema.
 */
export async function migrateConsumer(connectionString: string): Promise<void> {
  const client = new pg.Client({ connectionString, application_name: 'saldo:consumer-migrate' });
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await migrate(drizzle(client), {
      migrationsFolder: join(packageRoot(), 'migrations', 'consumer'),
      migrationsSchema: 'saldo_consumer',
      migrationsTable: 'migrations',
    });
  } finally {
    // Ends the session, and with it the lock.
    await client.end();
  }
}
