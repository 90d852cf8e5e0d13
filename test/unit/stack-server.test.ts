import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { onFreePorts } from '../../src/stack/port-retry.js';
import { Ports } from '../../src/stack/ports.js';
import { isRunning } from '../../src/stack/process-identity.js';
import { type ServerOptions, startServer } from '../../src/stack/server.js';
import { PortTakenError, StackError } from '../../src/stack/stack-error.js';
import { together } from '../../src/stack/together.js';
import { type TestStart, testStart } from '../support/stack-context.js';

let start: TestStart;

beforeEach(() => {
  start = testStart();
});
afterEach(() => start.close());

function server(script: string, more: Partial<ServerOptions> = {}): ServerOptions {
  return {
    name: 'thing',
    label: 'Thing',
    port: 1234,
    command: process.execPath,
    args: ['-e', script],
    cwd: start.folder,
    stopSignal: 'SIGTERM',
    isReady: async (log) => log().includes('serving'),
    timeoutMs: 20_000,
    ...more,
  };
}

const SERVING = "console.log('serving'); setInterval(() => {}, 1000)";

test('a server that serves is recorded and stopped', async () => {
  await startServer(start.context, server(SERVING));
  const running = start.context.record.state.running;
  expect(running?.services).toMatchObject([{ name: 'thing', address: '127.0.0.1:1234' }]);
  expect(running?.processes.map(isRunning)).toEqual([true]);
  await start.context.guarded.stop();
  expect(running?.processes.map(isRunning)).toEqual([false]);
});

test('what an earlier run logged does not count', async () => {
  writeFileSync(join(start.context.paths.logsDir, 'thing.log'), 'serving\n');
  const starting = startServer(start.context, server('', { timeoutMs: 5_000 }));
  await expect(starting).rejects.toThrow('Thing ended while starting');
});

test('one that ends while starting is told with the end of its log', async () => {
  const starting = startServer(start.context, server("console.error('the reason'); process.exit(3)"));
  await expect(starting).rejects.toThrow(
    /^Thing ended while starting \(exit code 3\).*thing\.log\):\n {2}the reason$/,
  );
});

test('one that is not there', async () => {
  const starting = startServer(start.context, server('', { command: '/nonexistent/thing' }));
  await expect(starting).rejects.toThrow(/^Thing ended while starting .*ENOENT/);
  await expect(starting).rejects.toThrow(StackError);
});

test('one that never serves', async () => {
  const starting = startServer(start.context, server('setInterval(() => {}, 1000)', { timeoutMs: 200 }));
  await expect(starting).rejects.toThrow('Thing was not ready within 0.2 s');
});

test('one that finds the disk full', async () => {
  const starting = startServer(
    start.context,
    server("console.log('PANIC: No space left on device'); process.exit(1)"),
  );
  await expect(starting).rejects.toThrow('Thing found the disk full: free some space, then start again');
});

test('a port taken between the look and the start is left to its taker', async () => {
  const ports: number[] = [];
  const result = await onFreePorts(start.context, { thing: 1 }, async ({ thing }) => {
    ports.push(thing);
    const script =
      ports.length === 1 ? "console.log('bind: Address already in use'); process.exit(1)" : SERVING;
    await startServer(start.context, server(script, { port: thing }));
    return thing;
  });
  expect(ports).toHaveLength(2);
  expect(result).toBe(ports[1]);
  expect(ports[0]).not.toBe(ports[1]);
  expect(start.context.record.state.ports).toEqual({ thing: result });
});

test('a port that is taken again and again is told', async () => {
  const taken = () => Promise.reject(new PortTakenError('Thing found its port taken'));
  await expect(onFreePorts(start.context, { thing: 1 }, taken)).rejects.toThrow('Thing found its port taken');
});

test('the port of the last time comes first, then the default, then the next free one', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const standard = typeof address === 'object' && address ? address.port : 0;
  const ports = new Ports(false);
  const free = await new Ports(true).pick({ remembered: undefined, standard: 1 });
  expect(await ports.pick({ remembered: free, standard })).toBe(free);
  expect(await ports.pick({ remembered: standard, standard })).toBeGreaterThan(standard);
  taken.close();
});

test('the first failure ends the others, and is the one that is told', async () => {
  const waiting = startServer(start.context, server('setInterval(() => {}, 1000)'));
  const failing = startServer(
    start.context,
    server("console.log('first'); process.exit(1)", { name: 'other' }),
  );
  const both = together(start.context, [waiting, failing]);
  await expect(both).rejects.toThrow(/other\.log\):\n {2}first$/);
  const state: unknown = JSON.parse(readFileSync(start.context.paths.stateFile, 'utf8'));
  expect(state).toMatchObject({ running: { services: [], addresses: null } });
});
