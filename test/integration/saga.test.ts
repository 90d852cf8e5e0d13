import pino from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { parseAsset } from '../../src/domain/asset.js';
import type { TenantId } from '../../src/domain/ids.js';
import { type Ledger, openLedger } from '../../src/main/ledger.js';
import { installTemporalRuntime, TemporalLink } from '../../src/main/temporal-link.js';
import { Pump } from '../../src/saga/pump.js';
import { createSagaActivities } from '../../workflows/activities/saga-activities.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';

let shards: TestShards;
let ledger: Ledger;
let link: TemporalLink;
let tenant: TenantId;
const stop = new AbortController();
const logger = pino({ level: 'warn' });
const CZK = parseAsset('CZK');
if (CZK === undefined) throw new Error('CZK');

beforeAll(async () => {
  shards = await createTestShards(2);
  tenant = await shards.tenant('acme', 'spread');
  ledger = await openLedger({
    cluster: shards.name,
    shardUrls: shards.shardUrls,
    controlUrl: shards.controlUrl,
  });
  installTemporalRuntime(logger);
  link = new TemporalLink({
    address: inject('stack').temporalAddress,
    namespace: 'default',
    cluster: shards.name,
    logger,
    activities: createSagaActivities(ledger.steps),
  });
  link.start();
  for (const shard of ledger.facts.map.shards) {
    const head = ledger.heads[shard];
    const pool = ledger.pools[shard];
    if (!head || !pool) throw new Error('x');
    void new Pump({
      shard,
      cluster: shards.name,
      pool,
      wake: head.subscribe(),
      startSaga: link.startSaga,
      onError: (e) => console.log('pump', String(e)),
    }).run(stop.signal);
  }
});
afterAll(async () => {
  stop.abort();
  await link.stop();
  await ledger.close();
  await shards.close();
});

describe('saga', () => {
  it('moves', async () => {
    const open = async (group: string) => {
      const a = await ledger.intake.openAccount(
        { tenant, key: `acc-${group}`, asset: CZK, limits: { minBalance: null }, placementGroup: group },
        TEST_ORIGIN,
      );
      if (a.kind !== 'opened') throw new Error(JSON.stringify(a));
      return a.account;
    };
    const accounts = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map(open));
    const a = accounts.find((x) => x.shard === 0);
    const b = accounts.find((x) => x.shard === 1);
    if (!a || !b) throw new Error('unlucky');
    for (let i = 0; i < 30; i += 1) {
      const t = performance.now();
      const r = await ledger.intake.transfer(
        { tenant, key: `t${i}`, legs: [{ debit: a.id, credit: b.id, amount: 100n, asset: CZK }] },
        TEST_ORIGIN,
        { waitMs: 20_000 },
      );
      expect(r).toMatchObject({ kind: 'ended', transfer: { status: 'posted' } });
      if (i % 5 === 0) console.log(i, performance.now() - t);
    }
    const t = performance.now();
    const many = await Promise.all(
      Array.from({ length: 3000 }, (_, i) =>
        ledger.intake.transfer(
          { tenant, key: `m${i}`, legs: [{ debit: a.id, credit: b.id, amount: 100n, asset: CZK }] },
          TEST_ORIGIN,
          { waitMs: 30_000 },
        ),
      ),
    );
    console.log((3000 / (performance.now() - t)) * 1000, 'sagas/s');
    expect(many.every((r) => r.kind === 'ended' && r.transfer.status === 'posted')).toBe(true);
    expect((await ledger.reader.account(tenant, b.id))?.counters.creditsPosted).toBe(303_000n);
  });
});
