import { join } from 'node:path';
import pg from 'pg';
import { secondsSince } from '../elapsed.js';
import { onFreePorts } from '../port-retry.js';
import { startServer } from '../server.js';
import type { StartContext } from '../start-context.js';
import type { PostgresBinaries } from './binaries.js';
import { preparePostgresData, SUPERUSER } from './data-folder.js';
import type { ServerUser } from './server-user.js';

const FIRST_PORT = 5442;
// Crash recovery replays up to max_wal_size of log.
const READY_MS = 180_000;

export interface PostgresServer {
  readonly port: number;
  /** The URL of one of its databases, for the superuser. */
  url(database: string): string;
}

/** Starts the server of one shard, with the databases there (empty when new). */
export async function startPostgres(
  context: StartContext,
  options: {
    readonly shard: number;
    readonly databases: readonly string[];
    readonly binaries: PostgresBinaries;
    readonly user: ServerUser;
  },
): Promise<PostgresServer> {
  const { shard, binaries, user } = options;
  const name = `postgres-${shard}`;
  const label = `Postgres of shard ${shard}`;
  const folder = join(context.dataDir, name);
  await preparePostgresData(context, { folder, label, binaries, user });
  const started = performance.now();
  const server = await onFreePorts(context, { [name]: FIRST_PORT + shard }, async (ports) => {
    const port = ports[name] ?? FIRST_PORT;
    const url = (database: string) =>
      `postgres://${SUPERUSER}:${context.record.state.password}@127.0.0.1:${port}/${database}`;
    await startServer(context, {
      name,
      label,
      port,
      command: binaries.postgres,
      args: ['-D', folder, '-p', String(port)],
      cwd: folder,
      ...user,
      // Fast shutdown: rolls back what is open and writes a checkpoint.
      stopSignal: 'SIGINT',
      isReady: () => createDatabases(url('postgres'), options.databases),
      timeoutMs: READY_MS,
    });
    return { port, url };
  });
  context.onProgress(`${label}: ready on 127.0.0.1:${server.port} (${secondsSince(started)})`);
  return server;
}

/** False while the server does not take connections yet. */
async function createDatabases(url: string, databases: readonly string[]): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000, ssl: false });
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (error) {
    await client.end();
    if (isNotYet(error)) return false;
    throw error;
  }
  try {
    const found = await client.query<{ datname: string }>('select datname from pg_database');
    const existing = new Set(found.rows.map((row) => row.datname));
    for (const database of databases) {
      if (!existing.has(database)) await client.query(`create database ${pg.escapeIdentifier(database)}`);
    }
    return true;
  } finally {
    await client.end();
  }
}

// 57P03: cannot_connect_now, during start and crash recovery. 28P01: invalid_password, so another stack's server took
// the port, and this one is about to end for it.
function isNotYet(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === '57P03' || code === '28P01';
}
