/** The stack: nothing outlives its owner however that ends, and no data is lost by it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { Kafka, logLevel } from 'kafkajs';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { StackAddresses } from '../../src/stack/addresses.js';
import { startInBackground } from '../../src/stack/background.js';
import { findStack } from '../../src/stack/find-stack.js';
import { lockHolder } from '../../src/stack/lock.js';
import { poll } from '../../src/stack/poll.js';
import { isRunning, signalProcess } from '../../src/stack/process-identity.js';
import { resetStack } from '../../src/stack/reset-stack.js';
import { startStack } from '../../src/stack/stack.js';
import { stackStatus } from '../../src/stack/stack-status.js';
import { type RunningState, readState } from '../../src/stack/state.js';
import { stopStack } from '../../src/stack/stop-stack.js';

const root = resolve(fileURLToPath(import.meta.url), '../../..');
const lines: string[] = [];
const onProgress = (line: string) => lines.push(line);
let dir: string;
let stateFile: string;

beforeAll(() => {
  // This test starts its own servers wherever others may run.
  for (const name of [
    'SALDO_SHARD_URLS',
    'SALDO_CONTROL_URL',
    'SALDO_KAFKA_BROKERS',
    'SALDO_TEMPORAL_ADDRESS',
  ]) {
    vi.stubEnv(name, undefined);
  }
  dir = realpathSync(mkdtempSync(join(tmpdir(), 'saldo-stack-')));
  stateFile = join(dir, 'stack.json');
});
afterAll(async () => {
  await resetStack({ dir, onProgress });
  rmSync(dir, { recursive: true });
  vi.unstubAllEnvs();
});

/** Starts the stack in a process of its own, as a program would that knows nothing of being killed. */
async function startOwner(): Promise<{ owner: ChildProcess; addresses: StackAddresses }> {
  const script = `
    import { startStack } from ${JSON.stringify(join(root, 'src/stack/stack.ts'))};
    const stack = await startStack({ dir: ${JSON.stringify(dir)}, shards: 1, ephemeralPorts: true, onProgress: () => {} });
    console.log(JSON.stringify(stack.addresses));
    setInterval(() => {}, 1000);`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: owner.stdout })) {
    return { owner, addresses: JSON.parse(line) as StackAddresses };
  }
  throw new Error('the owner ended before the stack was ready');
}

function running(): RunningState {
  const state = readState(stateFile)?.running;
  if (!state) throw new Error('no stack is recorded as running');
  return state;
}

async function untilGone(state: RunningState): Promise<void> {
  const gone = await poll(() => (state.processes.some(isRunning) ? undefined : true), { timeoutMs: 30_000 });
  expect(gone).toBe(true);
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(text)).rows;
  } finally {
    await client.end();
  }
}

async function withServers<T>(
  addresses: StackAddresses,
  work: (kafka: Kafka, temporal: Client) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address: addresses.temporalAddress });
  const kafka = new Kafka({ brokers: [...addresses.kafkaBrokers], logLevel: logLevel.NOTHING });
  try {
    return await work(kafka, new Client({ connection }));
  } finally {
    await connection.close();
  }
}

test('a killed owner takes its servers along, and every commit is there at the next start', async () => {
  const { owner, addresses } = await startOwner();
  const [shardUrl = ''] = addresses.shardUrls;
  await query(shardUrl, 'create table kept as select 42 as answer');
  await query(addresses.controlUrl, 'create table kept as select 43 as answer');
  await withServers(addresses, async (kafka, temporal) => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 1 }] });
    await admin.disconnect();
    await temporal.workflow.start('waits', { taskQueue: 'nobody', workflowId: 'kept' });
  });
  const before = running();
  expect(before.processes).toHaveLength(3);
  expect(before.processes.every(isRunning)).toBe(true);
  expect(findStack(dir)).toEqual(addresses);

  owner.kill('SIGKILL');
  await untilGone(before);
  expect((await stackStatus(dir)).map(({ up }) => up)).toEqual([false, false, false]);
  expect(findStack(dir)).toBeUndefined();

  // What a crash of the machine leaves too: a pid that some other process has by now.
  const { dataDir } = readState(stateFile) ?? { dataDir: '' };
  writeFileSync(
    join(resolve(dir, dataDir), 'postgres-0/postmaster.pid'),
    `${process.pid}\n${dir}\n1\n1\n\n\n0 0\n`,
  );
  const stack = await startStack({ dir, shards: 1, onProgress, ephemeralPorts: true });
  expect(stack.reused).toBe(false);
  expect(stack.addresses).toEqual(addresses);
  expect(await query(shardUrl, 'select answer from kept')).toEqual([{ answer: 42 }]);
  expect(await query(addresses.controlUrl, 'select answer from kept')).toEqual([{ answer: 43 }]);
  const settings =
    "select string_agg(setting, ' ' order by name) as set from pg_settings where name in ('fsync', 'synchronous_commit', 'server_encoding')";
  expect(await query(shardUrl, settings)).toEqual([{ set: 'on UTF8 on' }]);
  await withServers(addresses, async (kafka, temporal) => {
    const admin = kafka.admin();
    await admin.connect();
    expect(await admin.listTopics()).toContain('kept');
    await admin.disconnect();
    expect((await temporal.workflow.getHandle('kept').describe()).status.name).toBe('RUNNING');
  });

  const second = await startStack({ dir, shards: 1, onProgress });
  expect(second).toMatchObject({ reused: true, addresses });
  await second.stop();
  const during = running();
  expect(during.processes.every(isRunning)).toBe(true);
  await expect(startStack({ dir, shards: 2, onProgress })).rejects.toThrow(
    /runs with 1 shards, not 2: stop it/,
  );
  await expect(stopStack({ dir, onProgress })).rejects.toThrow(`is in the care of process ${process.pid}`);
  await stack.stop();
  expect(during.processes.some(isRunning)).toBe(false);
  expect(lockHolder(join(dir, 'stack.lock'))).toBeUndefined();
  expect(readState(stateFile)?.running).toBeNull();
});

test('what survives when owner and guard die together is ended by the next that comes', async () => {
  const { owner } = await startOwner();
  const before = running();
  const guard = Number(
    execFileSync('pgrep', ['-f', '-P', String(owner.pid), 'stack/guard'], { encoding: 'utf8' }),
  );
  // Suspended, the owner cannot replace its guard.
  owner.kill('SIGSTOP');
  process.kill(guard, 'SIGKILL');
  const ended = once(owner, 'exit');
  owner.kill('SIGKILL');
  await ended;
  expect(before.processes.every(isRunning)).toBe(true);
  expect(await stopStack({ dir, onProgress })).toBe(true);
  expect(before.processes.some(isRunning)).toBe(false);
  expect(lines).toContain('ended 3 processes that an earlier run left behind');
});

test('in the background it lives on by itself, heals when started again, and goes down', async () => {
  expect(await startInBackground({ dir, shards: 1, onProgress })).toMatchObject({ reused: false });
  expect(await startInBackground({ dir, shards: 1, onProgress })).toMatchObject({ reused: true });
  const first = running();
  expect(first.mode).toBe('background');
  const temporal = first.services.find((service) => service.name === 'temporal');
  if (temporal) signalProcess(temporal.process, 'SIGKILL');
  const seen = await poll(async () => ((await stackStatus(dir)).some(({ up }) => !up) ? true : undefined), {
    timeoutMs: 10_000,
  });
  expect(seen).toBe(true);
  await expect(startStack({ dir, shards: 1, onProgress })).rejects.toThrow(
    /temporal of the running stack is down/,
  );

  expect(await startInBackground({ dir, shards: 1, onProgress })).toMatchObject({ reused: false });
  expect((await stackStatus(dir)).every(({ up }) => up)).toBe(true);
  const second = running();
  expect(await stopStack({ dir, onProgress })).toBe(true);
  expect([...first.processes, ...second.processes].some(isRunning)).toBe(false);
  expect(await stopStack({ dir, onProgress })).toBe(false);
});
