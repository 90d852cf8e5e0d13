import { afterAll, beforeAll, expect, it } from 'vitest';
import { renderInDoubt, renderSaga } from '../../src/cli/saga-report.js';
import type { TransferId } from '../../src/domain/ids.js';
import { type Operator, openOperator } from '../../src/main/operator.js';
import type { AccountView } from '../../src/routing/views.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { operatorCli } from '../support/operator-cli.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { TcpProxy } from '../support/tcp-proxy.js';

/*
 * P6: what is in doubt is told as it is while one of three shards does not answer. Method: sagas over all three, carried so far
 * and no further; the third is behind a proxy that lets nobody through.
 */
let cluster: SagaCluster;
let on: readonly AccountView[];
let proxy: TcpProxy;
let urls: readonly string[];
let operator: Operator;

beforeAll(async () => {
  cluster = await startSagaCluster(3);
  on = await Promise.all([0, 1, 2].map((shard) => cluster.open(`on ${shard}`, shard)));
  const { name, shardUrls, controlUrl } = cluster.shards;
  const before = await TcpProxy.before(shardUrls[2] ?? '');
  proxy = before.proxy;
  urls = [...shardUrls.slice(0, 2), before.url];
  operator = await openOperator({ cluster: name, shardUrls: urls, controlUrl });
  proxy.cut({ refuse: true });
});
afterAll(async () => {
  await operator.close();
  await proxy.close();
  await cluster.close();
});

const saga = operatorCli(() => ({ ...cluster.shards, shardUrls: urls }), 'saga');
const at = (shard: number): AccountView['id'] => {
  const account = on[shard];
  if (account === undefined) throw new RangeError(`shard ${shard}`);
  return account.id;
};
async function begin(key: string, amount: bigint, ...ways: readonly (readonly [number, number])[]) {
  const legs = ways.map(([from, to]) => ({ debit: at(from), credit: at(to), amount, asset: CZK }));
  const request = { tenant: cluster.tenant, key, legs };
  const answer = await cluster.ledger.intake.transfer(request, TEST_ORIGIN, { waitMs: 0 });
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  return answer.transfer.id;
}
const step = async (name: 'try' | 'pivot', shard: number, coordinator: number, transfer: TransferId) => {
  const [answer] = await cluster.ledger.steps.carryOut(name, { shard, coordinator, items: [{ transfer }] });
  expect(answer?.result).toBe('done');
};

it('what a shard that does not answer has taken in is no fault in the books of the others', async () => {
  const transfer = await begin('of the third', 5n, [2, 1], [0, 1]);
  await step('try', 0, 2, transfer);
  await step('pivot', 1, 2, transfer);
  const found = await operator.inDoubt();
  expect(found).toMatchObject({
    sagas: [],
    unreachable: [2],
    pairs: [{ shards: [0, 1], difference: -5n, explained: 0n, books: 'unknown' }],
  });
  expect(renderInDoubt(found, new Date(), 1)).toContain(
    '-0.05 is not 0.00, which what shard 2 has taken in may explain',
  );
  const listed = await saga('list', '--json');
  expect(listed.status).toBe(2);
  expect(JSON.parse(listed.out)).toMatchObject({ pairs: [{ reconciled: null }] });
});

it('what the shard that decides does not say is in doubt still, and where it is posted is not known', async () => {
  const transfer = await begin('decided by the third', 7n, [0, 1], [0, 2]);
  await step('try', 1, 0, transfer);
  await step('pivot', 2, 0, transfer);
  const found = await operator.inDoubt();
  expect(found).toMatchObject({ sagas: [{ transfer, state: 'unknown' }], pairs: [{ undecided: 7n }] });
  const seen = await operator.saga(transfer);
  expect(seen?.legs.map(({ posted }) => posted)).toEqual(['nowhere', 'unknown']);
  const shown = seen && renderSaga(seen, { query: '', workflows: [] }, new Date(), 1);
  expect(shown).toContain('where it is posted is not known');
});
