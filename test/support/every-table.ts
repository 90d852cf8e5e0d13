import type { Signer } from '../../src/journal/signing-key.js';
import type { AccountView } from '../../src/routing/views.js';
import { checkpointerOn } from './checkpoints.js';
import { TEST_ORIGIN } from './cluster.js';
import { CZK } from './compact-tenant.js';
import { ended, leg } from './ledger-desk.js';
import { type SagaCluster, startSagaCluster } from './saga-cluster.js';
import { until } from './until.js';

/** A cluster of two shards with rows in every table of both, signed by the key, published; it stands still. */
export async function clusterWithEveryTable(signer: Signer): Promise<SagaCluster> {
  const cluster = await startSagaCluster(2);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
  const accounts = await Promise.all([0, 0, 0, 1, 1, 1].map((shard, n) => cluster.open(`n${n}`, shard)));
  const at = (i: number): AccountView => accounts[i % accounts.length] as AccountView;
  const sign = async (): Promise<void> => {
    for (const shard of [0, 1]) {
      const { checkpointer } = checkpointerOn(cluster.shards, shard, { signer, maxEvents: 30 });
      for (let n = 0; n < 2; n += 1) while (await checkpointer.pass());
    }
  };
  for (let round = 0; round < 3; round += 1) {
    const moves = Array.from({ length: 15 }, (_, i) =>
      cluster.move(`k${round}-${i}`, at(i), at(i + 1 + (i % 4)), BigInt(1 + i)),
    );
    await Promise.all(moves);
    await sign();
  }
  for (const shard of [0, 1]) await operations(cluster, shard, at(3 * shard), at(3 * shard + 1));
  // A tenant is in one shard's table, by its name.
  for (const n of [1, 2, 3, 4, 5, 6]) await cluster.shards.tenant(`tenant-${n}`, 'compact');
  await cluster.stopPumps();
  for (const n of [0, 3]) await cluster.move(`open ${n}`, at(n), at(n + 3), 5n, 0);
  await sign();
  await until('the relays have published it all', async () => (await cluster.audit()).clean);
  return cluster;
}

/** Holds, a capture, a reversal, reviews, schedules and changes of accounts: some of each stay open. */
async function operations(
  { ledger, tenant }: SagaCluster,
  shard: number,
  from: AccountView,
  to: AccountView,
): Promise<void> {
  const { intake } = ledger;
  const keyed = (name: string) => ({ tenant, key: `${name} on ${shard}` });
  const legs = [leg(from, to, 40n)];
  const later = (minutes: number): string => new Date(Date.now() + minutes * 60_000).toISOString();
  const transfer = (name: string, terms: object = {}) =>
    intake.transfer({ ...keyed(name), legs, ...terms }, TEST_ORIGIN, { waitMs: 0 });
  const posted = ended(await transfer('posted', { details: { reference: 'a b', metadata: { order: '1' } } }));
  await intake.reverse(
    { ...keyed('reversed'), original: posted.id, parts: [{ leg: 0, amount: 7n }] },
    TEST_ORIGIN,
  );
  for (const n of [1, 2, 3]) {
    const hold = ended(await transfer(`hold ${n}`, { hold: { expiresAt: later(60 + n) } }));
    const capture = {
      ...keyed(`capture ${n}`),
      hold: hold.id,
      parts: [{ leg: 0, amount: 3n }],
      final: n === 3,
    };
    ended(await intake.capture(capture, TEST_ORIGIN));
    await transfer(`review ${n}`, { review: true });
    await intake.transferAt({ ...keyed(`at ${n}`), at: later(60 + n), terms: { legs } }, TEST_ORIGIN);
    const rule = { rrule: 'FREQ=DAILY', timeZone: 'Europe/Prague', startsAt: later(90 + n) };
    await intake.schedule({ ...keyed(`daily ${n}`), terms: { legs }, rule, missed: 'skip' }, TEST_ORIGIN);
    const terms = { asset: CZK, limits: { minBalance: -5n * BigInt(n), maxBalance: 1_000n } };
    const named = { metadata: { n: `${n}` }, reference: `books:${shard}:${n}` };
    await intake.openAccount({ ...keyed(`account ${n}`), ...terms, ...named }, TEST_ORIGIN);
  }
  const change = { reviewDebits: true, minBalance: -1_000_000n };
  await intake.changeAccount({ ...keyed('change'), account: to.id, change }, TEST_ORIGIN);
}
