import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import { tenantId } from '../../src/domain/ids.js';
import type { AccountView } from '../../src/routing/views.js';
import { Overdue } from '../../src/saga/overdue.js';
import type { IntentSince } from '../../src/storage/statements/read-intents-since.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

/* P6, P9, P10: what waits is seen, by its tenant and, once it waits for too long, by an operator. Nobody carries it on here. */
let cluster: SagaCluster;
let from: AccountView;
let to: AccountView;
const open: TransferId[] = [];

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  [from, to] = [await cluster.open('from', 0), await cluster.open('to', 1)];
  for (const [key, amount] of [
    ['first', 5n],
    ['second', 7n],
  ] as const) {
    open.push((await cluster.move(key, from, to, amount, 0)).id);
  }
});
afterAll(() => cluster.close());

describe('P9: a transfer that is open for too long', () => {
  const found: IntentSince[] = [];
  const overdueAfter = (afterMs: number): Overdue =>
    new Overdue({
      pool: cluster.ledger.pools.at(0),
      afterMs,
      onOverdue: (intent) => found.push(intent),
      onError: (error) => {
        throw error;
      },
    });

  it('is told of once, with what went wrong last; a younger one is not', async () => {
    const patient = overdueAfter(3_600_000);
    expect(await patient.pass()).toBe(0);
    const overdue = overdueAfter(1);
    await until('both are old enough', async () => {
      await overdue.pass();
      return found.length === 2;
    });
    expect(await overdue.pass()).toBe(0);
    expect(found.map(({ transfer }) => transfer)).toEqual(open);
    expect(found.every(({ route, ageMs }) => route === '0>1' && ageMs >= 1)).toBe(true);
    // A step that fails leaves its reason with each of its transfers.
    const unknown = { shard: 1, coordinator: 1, items: open.map((transfer) => ({ transfer })) };
    await expect(cluster.ledger.steps.carryOut('confirm', { ...unknown, shard: 7 })).rejects.toThrow();
    expect(open.map((transfer) => cluster.ledger.lastErrors.of(transfer) !== undefined)).toEqual([
      true,
      true,
    ]);
  });
});

describe('P6, P10: what a tenant has in doubt', () => {
  it('is shown to it, by pair of shards and asset, and to no other', async () => {
    const [first] = open;
    if (first === undefined) throw new Error('nothing is open');
    await cluster.ledger.steps.carryOut('pivot', { shard: 1, coordinator: 0, items: [{ transfer: first }] });
    const own = await cluster.ledger.inDoubt(cluster.tenant, 1);
    expect(own).toMatchObject({
      sagas: [{ transfer: first, state: 'posting' }],
      more: 1,
      pairs: [
        { tenant: 'acme', shards: [0, 1], undecided: 7n, inTransit: 5n, difference: -5n, explained: -5n },
      ],
      unreachable: [],
    });
    const none = { sagas: [], more: 0, pairs: [], unreachable: [] };
    expect(await cluster.ledger.inDoubt(tenantId('other'), 10)).toMatchObject(none);
  });
});
