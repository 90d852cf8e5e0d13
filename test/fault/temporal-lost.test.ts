import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import type { AccountView } from '../../src/routing/views.js';
import { resetStack } from '../../src/stack/reset-stack.js';
import { type RunningStack, startStack } from '../../src/stack/stack.js';
import { readOpenIntents } from '../../src/storage/statements/read-open-intents.js';
import { checkBooks } from '../support/check-books.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/*
 * P6, P9: exactly-once never leans on Temporal. Method: a Temporal of this test's own is stopped with sagas under way,
 * and comes back as it was, as it was some time ago (a copy of its files), or empty. While it is away local
 * transfers are posted and those across shards accepted; when it is back all of them end, once.
 */
const dir = mkdtempSync(join(tmpdir(), 'saldo-temporal-'));
const COPY = join(dir, 'earlier');
let stack: RunningStack;
let proxy: TcpProxy;
let cluster: SagaCluster;
let from: AccountView;
let beside: AccountView;
let to: AccountView;
let expected = 0n;

const start = async (): Promise<string> => {
  const { kafkaBrokers, shardUrls, controlUrl } = inject('stack');
  const external = { kafkaBrokers, shardUrls, controlUrl };
  stack = await startStack({ dir, shards: 1, ephemeralPorts: true, onProgress: () => undefined, external });
  return `http://${stack.addresses.temporalAddress}`;
};
const files = (): string => {
  const { dataDir } = JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8')) as { dataDir: string };
  const folder = join(resolve(dir, dataDir), 'temporal');
  if (!existsSync(folder)) throw new Error(`Temporal keeps nothing in ${folder}`);
  return folder;
};

beforeAll(async () => {
  const before = await TcpProxy.before(await start());
  proxy = before.proxy;
  cluster = await startSagaCluster(2, { temporalAddress: new URL(before.url).host });
  from = await cluster.open('from', 0);
  beside = await cluster.open('beside', 0);
  to = await cluster.open('to', 1);
  cluster.startWorker();
  cluster.startPumps();
});
afterAll(async () => {
  await cluster.close();
  await proxy.close();
  await stack.stop();
  await resetStack({ dir, onProgress: () => undefined });
  rmSync(dir, { recursive: true, force: true });
});

const moveMany = async (name: string, count: number): Promise<void> => {
  const moves = Array.from({ length: count }, (_, n) => cluster.move(`${name} ${n}`, from, to, 1n, 0));
  await Promise.all(moves);
  expected += BigInt(count);
};

it.each([
  ['as it was', () => undefined],
  [
    'as it was before the last transfers',
    () => {
      const folder = files();
      rmSync(folder, { recursive: true });
      cpSync(COPY, folder, { recursive: true });
    },
  ],
  ['empty', () => rmSync(files(), { recursive: true })],
])('Temporal stops and comes back %s: local transfers go on, all others end, once', async (name, change) => {
  expect(await cluster.move(`${name} before`, from, to, 1n)).toMatchObject({ status: 'posted' });
  expected += 1n;
  await moveMany(`${name} under way`, 40);
  proxy.cut({ refuse: true });
  await stack.stop();
  await moveMany(`${name} away`, 40);
  expect((await readOpenIntents(cluster.ledger.pools.at(0), 1_000)).intents).not.toEqual([]);
  expect(await cluster.move(`${name} local`, from, beside, 1n)).toMatchObject({ status: 'posted' });
  change();
  if (!existsSync(COPY)) cpSync(files(), COPY, { recursive: true });
  proxy.lead(await start());
  const pool = cluster.ledger.pools.at(0);
  await until(
    'all have ended',
    async () => (await readOpenIntents(pool, 1_000)).intents.length === 0,
    50_000,
  );
  const account = await cluster.ledger.reader.account(cluster.tenant, to.id);
  expect(account?.counters.creditsPosted).toBe(expected);
  await checkBooks(cluster.shards.owner(0));
  await checkBooks(cluster.shards.owner(1));
});
