import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimIdOf, keyDigest } from '../../src/domain/ids.js';
import { ShardUnavailableError } from '../../src/errors/shard-errors.js';
import { keyBucketOf } from '../../src/routing/placement.js';
import type { AccountView } from '../../src/routing/views.js';
import { readOpenIntents } from '../../src/storage/statements/read-open-intents.js';
import { checkBooks } from '../support/check-books.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/*
 * P6, P9: a dead shard holds up only the transfers that touch it. Method: the third of three shards is behind a proxy
 * that lets nobody through, with more sagas waiting for it than the pump has under way at once on a route.
 */
const MANY = 60;
let cluster: SagaCluster;
let proxy: TcpProxy;
let shard2: string;
let on: readonly AccountView[];

beforeAll(async () => {
  cluster = await startSagaCluster(3, {
    through: async (urls) => {
      shard2 = urls[2] ?? '';
      const before = await TcpProxy.before(shard2);
      proxy = before.proxy;
      return [...urls.slice(0, 2), before.url];
    },
  });
  on = await Promise.all([0, 1, 2].map((shard) => cluster.open(`on ${shard}`, shard)));
  cluster.startWorker();
  cluster.startPumps();
});
afterAll(async () => {
  await cluster.close();
  await proxy.close();
});

const at = (shard: number): AccountView => {
  const account = on[shard];
  if (account === undefined) throw new RangeError(`shard ${shard}`);
  return account;
};
/** Idempotency keys whose home is a shard that lives, unless asked for others. */
function keys(name: string, count = MANY, wanted = (home: number): boolean => home !== 2): string[] {
  const found: string[] = [];
  for (let n = 0; found.length < count; n += 1) {
    const digest = keyDigest(cluster.tenant, 'client', `${name} ${n}`);
    const home = claimIdOf(keyBucketOf(cluster.tenant, 'spread', digest), digest);
    if (wanted(cluster.ledger.facts.map.shardOf(home))) found.push(`${name} ${n}`);
  }
  return found;
}
const open = (): Promise<number> =>
  readOpenIntents(cluster.ledger.pools.at(0), 1_000).then(({ intents }) => intents.length);

/** A workflow of both ways: what does not touch the dead shard ends, the other batch is left to the pump. */
async function givesBack(): Promise<void> {
  const { intents } = await readOpenIntents(cluster.ledger.pools.at(0), 1_000);
  const alive = await cluster.move(keys('shared', 1)[0] ?? '', at(0), at(1), 1n, 0);
  const far = '2100-01-01T00:00:00.000Z';
  const batches = [
    { participants: [2], transfers: intents.map(({ transfer: id }) => ({ id, deadline: far })) },
    { participants: [1], transfers: [{ id: alive.id, deadline: far }] },
  ].map((batch) => ({ coordinator: 0, ...batch }));
  const input = { batches, patienceMs: 2_000 };
  const end = await cluster.startSaga(`${cluster.shards.name}/shared`, input);
  expect(end).toEqual({ posted: 1, canceled: 0, broken: 0, givenBack: [0] });
}

it('a shard that is dead holds up what touches it and nothing else, and all of it ends when it is back', async () => {
  const beside = await cluster.open('beside', 0);
  // The node has seen the payee before: whom it never saw it can not vouch for while the shard is dead.
  expect(await cluster.move('before', at(0), at(2), 1n)).toMatchObject({ status: 'posted' });
  proxy.cut({ refuse: true });
  const move = async (name: string, from: AccountView, to: AccountView, waitMs: number) => {
    const ends = keys(name).map((key) => cluster.move(key, from, to, 1n, waitMs));
    return new Set((await Promise.all(ends)).map(({ status }) => status));
  };
  // At the same moment: some of both share a workflow.
  const [dead, alive] = await Promise.all([
    move('dead', at(0), at(2), 0),
    move('alive', at(0), at(1), 30_000),
  ]);
  expect(dead).toEqual(new Set(['processing']));
  expect(alive).toEqual(new Set(['posted']));
  expect(await open()).toBe(MANY);
  expect(await move('across', at(0), at(1), 30_000)).toEqual(new Set(['posted']));
  expect(await move('local', at(0), beside, 30_000)).toEqual(new Set(['posted']));
  // Whose key lies on the dead shard is told so, and repeats.
  const [unlucky = ''] = keys('unlucky', 1, (home) => home === 2);
  await expect(cluster.move(unlucky, at(0), beside, 1n)).rejects.toThrow(ShardUnavailableError);
  expect(await open()).toBe(MANY);
  await givesBack();
  proxy.lead(shard2);
  await until('all have ended', async () => (await open()) === 0, 40_000);
  const to = await cluster.ledger.reader.account(cluster.tenant, at(2).id);
  expect(to?.counters.creditsPosted).toBe(BigInt(MANY + 1));
  for (const shard of [0, 1, 2]) await checkBooks(cluster.shards.owner(shard));
});
