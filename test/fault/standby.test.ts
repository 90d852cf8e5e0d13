import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Asset } from '../../src/domain/asset.js';
import { tenantId } from '../../src/domain/ids.js';
import { openLedger } from '../../src/main/ledger.js';
import { resetStack } from '../../src/stack/reset-stack.js';
import { type RunningStack, startStack } from '../../src/stack/stack.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { answers, makeStandby, query, type Standby } from '../support/standby.js';
import { until } from '../support/until.js';

/*
 * P5: what was acknowledged survives a failover, and nothing is said that a failover undoes. Method: a real synchronous
 * standby; its receiver is stopped while a transfer commits, and the primary is killed between its own commit and the
 * standby's receipt. Restarted, the primary shows a commit that the standby never had.
 */
const dir = mkdtempSync(join(tmpdir(), 'saldo-standby-'));
const EUR = 'EUR/2' as Asset;
const TENANT = tenantId('acme');
let stack: RunningStack;
let standby: Standby;

const options = {
  dir,
  shards: 1,
  onProgress: () => undefined,
  external: { kafkaBrokers: ['127.0.0.1:1'], temporalAddress: '127.0.0.1:1' },
};
const primaryUrl = (): string => stack.addresses.shardUrls[0] ?? '';

beforeAll(async () => {
  stack = await startStack({ ...options, ephemeralPorts: true });
  standby = await makeStandby(primaryUrl());
});
afterAll(async () => {
  await standby.stop();
  await stack.stop();
  await resetStack({ dir, onProgress: () => undefined });
  rmSync(dir, { recursive: true, force: true });
});

/** As it is when the power goes: no goodbye, nothing flushed. */
async function killPrimary(): Promise<void> {
  const state = JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8')) as {
    running: { services: { name: string; process: { pid: number } }[] };
  };
  const pid = state.running.services.find(({ name }) => name === 'postgres-0')?.process.pid;
  if (pid === undefined) throw new Error('no primary');
  process.kill(pid, 'SIGKILL');
  await until('the primary is gone', async () => !(await answers(primaryUrl())));
}

async function open(shardUrl: string) {
  const controlUrl = Object.assign(new URL(shardUrl), { pathname: '/saldo_control' }).href;
  const ledger = await openLedger({
    cluster: 'standby',
    shardUrls: [shardUrl],
    controlUrl,
    writer: { patienceMs: 500 },
  });
  await ledger.tenants.create(TENANT, 'compact', ledger.router, TEST_ORIGIN);
  const account = async (key: string) => {
    const answer = await ledger.intake.openAccount(
      { tenant: TENANT, key, asset: EUR, limits: { minBalance: null } },
      TEST_ORIGIN,
    );
    if (answer.kind !== 'opened') throw new Error(JSON.stringify(answer));
    return answer.account.id;
  };
  const [debit, credit] = [await account('a'), await account('b')];
  const move = (key: string) =>
    ledger.intake.transfer(
      { tenant: TENANT, key, legs: [{ debit, credit, amount: 1n, asset: EUR }] },
      TEST_ORIGIN,
      { waitMs: 0 },
    );
  return { ledger, move, credit };
}

it('P5: tells nobody of a commit that the standby has not got', async () => {
  const { ledger, move, credit } = await open(primaryUrl());
  const acknowledged = Array.from({ length: 20 }, (_, n) => `k${n}`);
  for (const key of acknowledged) expect(await move(key)).toMatchObject({ kind: 'ended', replayed: false });

  await standby.freeze();
  const lost = move('lost');
  const settled = Promise.allSettled([lost]);
  await until('the commit waits for the standby', async () => {
    const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    return (await query(primaryUrl(), waiting)).length > 0;
  });
  await killPrimary();
  await stack.stop();
  stack = await startStack(options);
  // The hazard itself: the restarted primary shows the commit as if it were done.
  await until('the primary is back', () => answers(primaryUrl()));
  expect(await query(primaryUrl(), 'SELECT 1 FROM events WHERE body LIKE \'%"key":"lost"%\'')).toHaveLength(
    1,
  );

  const [first, repeated, read] = await Promise.allSettled([
    settled.then(([one]) => (one.status === 'fulfilled' ? one.value : Promise.reject(one.reason))),
    move('lost'),
    ledger.reader.account(TENANT, credit),
  ]);
  for (const answer of [first, repeated, read]) expect(answer).toMatchObject({ status: 'rejected' });
  await ledger.close();

  await killPrimary();
  await standby.promote();
  const after = await open(standby.url);
  for (const key of acknowledged)
    expect(await after.move(key)).toMatchObject({ kind: 'ended', replayed: true });
  expect(await after.ledger.intake.lookUpKey(TENANT, 'lost')).toEqual({ kind: 'unused' });
  expect(await after.move('lost')).toMatchObject({ kind: 'ended', replayed: false });
  const account = await after.ledger.reader.account(TENANT, after.credit);
  expect(account?.counters.creditsPosted).toBe(21n);
  await after.ledger.close();
}, 120_000);
