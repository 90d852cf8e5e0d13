import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { StackAddresses } from '../../../src/stack/addresses.js';
import { resetStack } from '../../../src/stack/reset-stack.js';
import { startStack } from '../../../src/stack/stack.js';

/** Postgres servers of a benchmark's own, with the settings the product gives them. */
export interface Servers {
  readonly addresses: StackAddresses;
  /** A fresh database on a shard's server; its URL. */
  database(shard: number, name: string): Promise<string>;
  /** Process ids of the postmasters, by shard. */
  readonly postmasters: readonly number[];
  /** A shard's server answers nothing any more, and breaks no connection, as a machine that hangs; and is back. */
  halt(shard: number): void;
  resume(shard: number): void;
  stop(): Promise<void>;
}

interface StateFile {
  readonly running: { readonly services: readonly { name: string; process: { pid: number } }[] };
}

export async function startServers(
  shards: number,
  onProgress: (line: string) => void,
  { kafka = false }: { readonly kafka?: boolean } = {},
): Promise<Servers> {
  const dir = mkdtempSync(join(tmpdir(), 'saldo-bench-'));
  // What is measured needs no Temporal, and mostly no Kafka: their idling must not cost what the ledger could use.
  const external = { ...(kafka ? {} : { kafkaBrokers: ['127.0.0.1:1'] }), temporalAddress: '127.0.0.1:1' };
  const stack = await startStack({ dir, shards, onProgress, ephemeralPorts: true, external });
  const state = JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8')) as StateFile;
  const postmasters = state.running.services
    .filter(({ name }) => name.startsWith('postgres'))
    // They are listed as they came up.
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
    .map((service) => service.process.pid);
  return {
    addresses: stack.addresses,
    postmasters,
    database: async (shard, name) => {
      const url = stack.addresses.shardUrls[shard] ?? '';
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`CREATE DATABASE ${name}`);
      await client.end();
      return Object.assign(new URL(url), { pathname: `/${name}` }).href;
    },
    halt: (shard) => signalAll(postmasters[shard], 'SIGSTOP'),
    resume: (shard) => signalAll(postmasters[shard], 'SIGCONT'),
    stop: async () => {
      for (const pid of postmasters) signalAll(pid, 'SIGCONT');
      await stack.stop();
      await resetStack({ dir, onProgress: () => undefined });
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const TICK_US = 10_000;

/** CPU time that the servers have used so far, in microseconds: the postmasters, their children, and those that ended. */
export function serverCpuUs(postmasters: readonly number[]): number {
  let ticks = 0;
  for (const { pid, parent, ...stat } of processes()) {
    const own = postmasters.includes(pid);
    if (own || postmasters.includes(parent)) ticks += stat.ticks;
    if (own) ticks += stat.childTicks;
  }
  return ticks * TICK_US;
}

/** To a postmaster and its children. */
function signalAll(postmaster: number | undefined, signal: NodeJS.Signals): void {
  for (const { pid, parent } of processes())
    if (postmaster !== undefined && [pid, parent].includes(postmaster)) process.kill(pid, signal);
}

function* processes() {
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(name) : undefined;
    if (stat !== undefined) yield { pid: Number(name), ...stat };
  }
}

function statOf(pid: string): { parent: number; ticks: number; childTicks: number } | undefined {
  try {
    // proc(5): the command in brackets may hold anything, so fields are counted from its end.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
    const at = (field: number): number => Number(fields[field]);
    return { parent: at(1), ticks: at(11) + at(12), childTicks: at(13) + at(14) };
  } catch {
    return undefined;
  }
}
