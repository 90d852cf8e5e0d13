import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GuardedProcesses } from '../../src/stack/guarded.js';
import { lockHolder, tryLock } from '../../src/stack/lock.js';
import { poll } from '../../src/stack/poll.js';
import {
  identifyProcess,
  identifySelf,
  isRunning,
  type ProcessIdentity,
  signalProcess,
} from '../../src/stack/process-identity.js';
import { terminate } from '../../src/stack/terminate.js';

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'saldo-unit-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function start(script = 'setInterval(() => {}, 1000)'): { child: ChildProcess; identity: ProcessIdentity } {
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  const identity = identifyProcess(child.pid ?? -1);
  if (!identity) throw new Error('the child is not in the process table');
  return { child, identity };
}

/** The guards that this process has started and that are alive. */
function guards(): ProcessIdentity[] {
  const { stdout } = spawnSync('pgrep', ['-f', '-P', String(process.pid), 'stack/guard'], {
    encoding: 'utf8',
  });
  return stdout.split('\n').flatMap((pid) => identifyProcess(Number(pid || -1)) ?? []);
}

test('a process is told from a later one of the same number', async () => {
  const { child, identity } = start();
  const later = { ...identity, startedAt: 'another time' };
  expect(isRunning(identity)).toBe(true);
  expect(isRunning(later)).toBe(false);
  expect(signalProcess(later, 'SIGKILL')).toBe(false);
  expect(await terminate([{ ...later, stopSignal: 'SIGKILL' }])).toEqual([]);
  expect(isRunning(identity)).toBe(true);
  const exited = once(child, 'exit');
  expect(signalProcess(identity, 'SIGKILL')).toBe(true);
  await exited;
  expect(isRunning(identity)).toBe(false);
  expect(signalProcess(identity, 'SIGKILL')).toBe(false);
});

test('a process stops by its own signal, even when it is suspended', async () => {
  const { child, identity } = start(
    "process.on('SIGINT', () => process.exit(7)); console.log('on'); setInterval(() => {}, 1e3)",
  );
  if (child.stdout) await once(child.stdout, 'data');
  child.kill('SIGSTOP');
  const exited = once(child, 'exit');
  expect(await terminate([{ ...identity, stopSignal: 'SIGINT' }])).toEqual([]);
  expect(await exited).toEqual([7, null]);
});

test('a guard that is killed is replaced, and the new one knows the processes', async () => {
  const guarded = new GuardedProcesses();
  const { child, identity } = start();
  guarded.add(child, 'SIGTERM');
  const [first] = guards();
  if (!first) throw new Error('no guard');
  signalProcess(first, 'SIGKILL');
  const second = await poll(() => guards().find(({ pid }) => pid !== first.pid), { timeoutMs: 10_000 });
  expect(second).toBeDefined();
  expect(await guarded.stop()).toEqual([]);
  expect(isRunning(identity)).toBe(false);
  expect(second && isRunning(second)).toBe(false);
});

test('a lock is held by one, and free again after its release', () => {
  const file = join(folder, 'lock');
  const first = tryLock(file);
  expect(first.kind).toBe('held');
  expect(tryLock(file)).toEqual({ kind: 'busy', holder: identifySelf() });
  if (first.kind === 'held') first.lock.release();
  expect(lockHolder(file)).toBeUndefined();
  expect(tryLock(file).kind).toBe('held');
  expect(readdirSync(folder)).toEqual(['lock']);
});

test.each([
  ['of a process that is gone', () => JSON.stringify({ pid: 2 ** 22 + 1, startedAt: 'then' })],
  ['whose number another process has now', () => JSON.stringify({ pid: process.pid, startedAt: 'then' })],
  ['that is empty', () => ''],
  ['that is not ours', () => '[]'],
])('a lock %s is stale', (_, content) => {
  const file = join(folder, 'lock');
  writeFileSync(file, content());
  expect(lockHolder(file)).toBeUndefined();
  expect(tryLock(file).kind).toBe('held');
  expect(lockHolder(file)).toEqual(identifySelf());
  expect(readdirSync(folder)).toEqual(['lock']);
});
