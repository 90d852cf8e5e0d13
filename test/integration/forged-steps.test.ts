import { afterAll, beforeAll, expect, it } from 'vitest';
import { keyDigest, transferIdOf } from '../../src/domain/ids.js';
import { legsAt } from '../../src/domain/transfer.js';
import { CZK } from '../support/compact-tenant.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

/**
 * P6: whoever can write one shard gives an account money by the last step of a transfer that nobody began, which says that it
 * followed an event that its coordinator is yet to write.
 */
let cluster: SagaCluster;
beforeAll(async () => {
  cluster = await startSagaCluster(2);
  await cluster.startRelays();
});
afterAll(() => cluster.close());

it('names the step that followed nothing', async () => {
  const { ledger, tenant } = cluster;
  const [payer, payee] = await Promise.all([cluster.open('payer', 0), cluster.open('payee', 1)]);
  await until('it is published', async () => (await cluster.audit()).clean);
  const leg = { debit: payer.id, credit: payee.id, amount: 1_000_000n, asset: CZK };
  const plan = { coordinator: 0, participants: [1], legs: [{ ...leg, debitShard: 0, creditShard: 1 }] };
  const transfer = transferIdOf(0, keyDigest(tenant, 'client', 'nobody'));
  await ledger.router.submit(
    1,
    { kind: 'pivot', tenant, transfer, coordinator: 0, legs: legsAt(plan, 1, tenant) },
    { actor: 'system:saga', cause: '0-1000' },
  );
  const { divergences } = await cluster.audit();
  expect(divergences).toMatchObject([
    { shard: 1, transfer, what: 'step', expected: 'one that followed event 0-1000 of the same transfer' },
  ]);
});
