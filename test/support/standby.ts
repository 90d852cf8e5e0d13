import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, chownSync, cpSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { until } from './until.js';

export interface Standby {
  readonly url: string;
  /** The standby takes nothing more from its primary, though its connection stays open. */
  freeze(): Promise<void>;
  /** Makes it the primary. */
  promote(): Promise<void>;
  stop(): Promise<void>;
}

export async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row>(sql)).rows;
  } finally {
    await client.end();
  }
}

export const answers = (url: string): Promise<boolean> =>
  query(url, 'SELECT 1').then(
    () => true,
    () => false,
  );

/**
 * A synchronous standby of the server at `url`, made as pg_basebackup would (the packaged binaries have none): a copy
 * of its folder between the start and the stop of a backup. When this returns, the primary's commits wait for it.
 */
export async function makeStandby(url: string): Promise<Standby> {
  const [facts] = await query<{ folder: string; bin: string }>(
    url,
    `SELECT current_setting('data_directory') AS folder, (SELECT setting FROM pg_config WHERE name = 'BINDIR') AS bin`,
  );
  if (facts === undefined) throw new Error('the primary does not say where it lives');
  const copy = join(dirname(facts.folder), 'standby');
  await copyRunning(url, facts.folder, copy);
  const port = await freePort();
  const primary = new URL(url);
  const conninfo = `host=127.0.0.1 port=${primary.port} user=${primary.username} password=${primary.password}`;
  appendFileSync(join(copy, 'postgresql.auto.conf'), `primary_conninfo = '${conninfo}'\n`);
  writeFileSync(join(copy, 'standby.signal'), '');
  const { uid, gid } = statSync(facts.folder);
  chownSync(join(copy, 'standby.signal'), uid, gid);
  const as = process.getuid?.() === 0 ? { uid, gid } : {};
  const server = spawn(join(facts.bin, 'postgres'), ['-D', copy, '-p', String(port)], {
    stdio: 'ignore',
    cwd: copy,
    ...as,
  });
  const own = Object.assign(new URL(url), { port: String(port) }).href;
  await until('the standby serves', () => answers(own));
  await query(url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
  await query(url, 'SELECT pg_reload_conf()');
  const states = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'";
  await until('the standby is synchronous', async () => (await query(url, states)).length > 0);
  let frozen: number | undefined;
  /** Woken it would take in what has reached its machine; the server starts anew without it. */
  const killReceiver = async (): Promise<void> => {
    if (frozen === undefined) return;
    process.kill(frozen, 'SIGKILL');
    frozen = undefined;
    await until('the standby is back', () => answers(own));
  };
  return {
    url: own,
    freeze: async () => {
      const receiver = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walreceiver'";
      const [row] = await query<{ pid: number }>(own, receiver);
      if (row === undefined) throw new Error('the standby receives nothing');
      process.kill(row.pid, 'SIGSTOP');
      frozen = row.pid;
    },
    promote: async () => {
      await killReceiver();
      await query(own, "ALTER SYSTEM SET synchronous_standby_names = ''");
      await query(own, 'SELECT pg_promote()');
    },
    stop: async () => {
      await killReceiver();
      await ended(server);
      rmSync(copy, { recursive: true, force: true });
    },
  };
}

async function copyRunning(url: string, from: string, to: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("SELECT pg_backup_start('standby', true)");
    const skip = new Set(['postmaster.pid', 'postmaster.opts']);
    // What the server removes while it is copied is made good by the log from the backup's start on.
    cpSync(from, to, {
      recursive: true,
      preserveTimestamps: true,
      filter: (path) => !skip.has(path.slice(from.length + 1)),
    });
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    writeFileSync(join(to, 'backup_label'), rows[0]?.labelfile ?? '');
    const { uid, gid } = statSync(from);
    if (process.getuid?.() === 0) await chownAll(to, uid, gid);
  } finally {
    await client.end();
  }
}

async function chownAll(folder: string, uid: number, gid: number): Promise<void> {
  const [code] = await once(spawn('chown', ['-R', `${uid}:${gid}`, folder]), 'exit');
  if (code !== 0) throw new Error(`chown ended with ${code}`);
}

async function ended(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const exit = once(server, 'exit');
  server.kill('SIGINT');
  await exit;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
