import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import { type Operator, openOperator } from '../../src/main/operator.js';
import { atShard } from '../../src/routing/shard-map.js';
import type { AccountView } from '../../src/routing/views.js';
import { needsOperator, type OpenSaga } from '../../src/saga/open-saga.js';
import { checkBooks } from '../support/check-books.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { TcpProxy } from '../support/tcp-proxy.js';

const AS = 'operator:jana';
let cluster: SagaCluster;
let operator: Operator;
let from: AccountView;
let to: AccountView;

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  const { name, shardUrls, controlUrl } = cluster.shards;
  operator = await openOperator({ cluster: name, shardUrls, controlUrl });
  [from, to] = [await cluster.open('from', 0), await cluster.open('to', 1)];
});
afterAll(async () => {
  await operator.close();
  await cluster.close();
});

const sagaOf = async (transfer: TransferId): Promise<OpenSaga> => {
  const saga = await operator.saga(transfer);
  if (saga === undefined) throw new Error(`${transfer} is not found`);
  return saga;
};
const pair = async () => (await operator.inDoubt()).pairs.find(({ tenant }) => tenant === cluster.tenant);

describe('P6: what is in doubt is listed, and an operator can act on it', () => {
  let undecided: TransferId;
  let decided: TransferId;

  it('lists what is undecided and what is in transit, per pair, with the books explained', async () => {
    undecided = (await cluster.move('undecided', from, to, 5n, 0)).id;
    decided = (await cluster.move('decided', from, to, 7n, 0)).id;
    const items = [{ transfer: decided }];
    await cluster.ledger.steps.carryOut('pivot', { shard: 1, coordinator: 0, items });
    expect(await pair()).toMatchObject({
      shards: [0, 1],
      undecided: 5n,
      inTransit: 7n,
      difference: -7n,
      explained: -7n,
    });
    expect(await sagaOf(undecided)).toMatchObject({
      state: 'undecided',
      route: [0, 1],
      steps: [{ says: 'tried' }, { says: 'nothing' }],
    });
    expect(await sagaOf(decided)).toMatchObject({
      state: 'posting',
      steps: [{ says: 'tried' }, { says: 'posted' }],
    });
  });

  it('lists the oldest up to a limit, says how many more, and adds all of them up', async () => {
    const { sagas, more, pairs } = await operator.inDoubt(1);
    expect(sagas.map(({ transfer }) => transfer)).toEqual([undecided]);
    expect(more).toBe(1);
    expect(pairs).toMatchObject([{ undecided: 5n, inTransit: 7n, difference: -7n, explained: -7n }]);
  });

  it('says of a shard that does not answer that it does not, and lists the rest', async () => {
    const back = (await cluster.move('back', to, from, 3n, 0)).id;
    const { name, shardUrls, controlUrl } = cluster.shards;
    const { proxy, url } = await TcpProxy.before(atShard(shardUrls, 1));
    const far = await openOperator({ cluster: name, shardUrls: [atShard(shardUrls, 0), url], controlUrl });
    try {
      expect((await far.inDoubt()).unreachable).toEqual([]);
      proxy.cut({ refuse: true });
      const { sagas, pairs, unreachable, reasons } = await far.inDoubt();
      expect({ pairs, unreachable }).toEqual({ pairs: [], unreachable: [1] });
      expect(reasons).toEqual([expect.stringMatching(/terminated|ECONNREFUSED|ECONNRESET/)]);
      expect(sagas.map(({ transfer, state }) => [transfer, state])).toEqual([
        [undecided, 'unknown'],
        [decided, 'unknown'],
      ]);
      expect(await far.saga(undecided)).toMatchObject({ steps: [{ says: 'tried' }, { says: 'unknown' }] });
      await expect(far.saga(back)).rejects.toThrow(/^shard 1, the coordinator of tr_\w+, can not be asked: /);
    } finally {
      await far.close();
      await proxy.close();
    }
    await operator.cancel(await sagaOf(back), AS);
  });

  it('makes no cluster where there is none', async () => {
    const { shardUrls, controlUrl } = cluster.shards;
    await expect(openOperator({ cluster: 'other', shardUrls, controlUrl })).rejects.toThrow(/belongs to/);
  });

  it('says which need an operator, by their age', async () => {
    const saga = await sagaOf(undecided);
    const at = (ms: number): Date => new Date(Date.parse(saga.since) + ms);
    expect(needsOperator(saga, at(1_000), 1_000)).toBe(false);
    expect(needsOperator(saga, at(1_001), 1_000)).toBe(true);
  });

  it('refuses to cancel after the pivot, and cancels before it, once', async () => {
    expect(await operator.cancel(await sagaOf(decided), AS)).toMatchObject({ kind: 'refused' });
    expect((await sagaOf(decided)).state).toBe('posting');
    const first = await operator.cancel(await sagaOf(undecided), AS);
    expect(first).toMatchObject({ kind: 'canceled' });
    expect(await operator.cancel(await sagaOf(undecided), AS)).toEqual(first);
    expect((await sagaOf(undecided)).state).toBe('canceling');
    const { rows } = await cluster.shards
      .owner(1)
      .query<{ actor: string }>(
        "SELECT body::json ->> 'actor' AS actor FROM events ORDER BY seq DESC LIMIT 1",
      );
    expect(rows).toEqual([{ actor: AS }]);
  });

  it('agrees with the in-transit accounts at every instant, under load; then nothing is left', async () => {
    cluster.startWorker();
    cluster.startPumps();
    let done = false;
    const load = Promise.all(
      Array.from({ length: 8 }, async (_, lane) => {
        for (let n = 0; n < 25; n += 1) {
          const there = (lane + n) % 2 === 0;
          await cluster.move(`load ${lane} ${n}`, there ? from : to, there ? to : from, BigInt(1 + n));
        }
      }),
    ).finally(() => {
      done = true;
    });
    let samples = 0;
    let onTheirWay = 0;
    while (!done) {
      const found = await pair();
      samples += 1;
      if (found?.difference !== 0n) onTheirWay += 1;
      expect(found?.difference, `sample ${samples}`).toBe(found?.explained);
    }
    await load;
    expect(samples).toBeGreaterThan(10);
    expect(onTheirWay).toBeGreaterThan(0);
    expect(await cluster.move('decided', from, to, 7n)).toMatchObject({ status: 'posted' });
    expect(await cluster.move('undecided', from, to, 5n)).toMatchObject({ status: 'canceled' });
    const { sagas, pairs, unreachable } = await operator.inDoubt();
    expect({ sagas, unreachable }).toEqual({ sagas: [], unreachable: [] });
    for (const { difference, undecided: open, inTransit } of pairs) {
      expect([difference, open, inTransit]).toEqual([0n, 0n, 0n]);
    }
    await checkBooks(cluster.shards.owner(0));
    await checkBooks(cluster.shards.owner(1));
  });

  it('calls a difference that no transfer explains what it is', async () => {
    await cluster.shards.owner(1).query('ALTER TABLE entries DISABLE TRIGGER USER');
    await cluster.shards.owner(1).query(`UPDATE entries SET credits_posted = credits_posted + 1
      WHERE account IN (SELECT id FROM accounts WHERE kind = 'in_transit')`);
    const found = await pair();
    expect((found?.difference ?? 0n) - (found?.explained ?? 0n)).toBe(1n);
  });
});
