import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import type { AccountView } from '../../src/routing/views.js';
import { Expiry } from '../../src/saga/expiry.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { crosswise, HoldDesk, key, viewOf, WAIT } from '../support/hold-desk.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

/* P6: holds whose debits lie on several shards, over three shards, with a real Temporal. */
let cluster: SagaCluster;

beforeAll(async () => {
  cluster = await startSagaCluster(3);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
});
/** Whatever the tests did, the journal tells it, and the books agree with it. */
afterAll(async () => {
  const report = await cluster.audit();
  expect(report.divergences).toEqual([]);
  expect(report.inDoubt).toEqual([]);
  await cluster.close();
});

let desk: HoldDesk;
beforeAll(() => {
  desk = new HoldDesk(cluster);
});

describe('P6: a hold with debits on several shards', () => {
  it('is held once all are set aside, captured in parts, and freed everywhere by the final one', async () => {
    const [payers, shops] = [await desk.accounts('payer'), await desk.accounts('shop')];
    const request = desk.holding(crosswise(payers, shops));
    const answer = await desk.ledger.intake.transfer(request, TEST_ORIGIN, WAIT);
    const hold = viewOf(answer);
    expect(hold).toMatchObject({ kind: 'hold', status: 'held', shards: [0, 1, 2], legs: request.legs });
    expect(hold.endedAt).toBeUndefined();
    expect(await desk.figures(payers)).toEqual([
      [0n, 10n, 0n],
      [0n, 20n, 0n],
      [0n, 30n, 0n],
    ]);
    expect(await desk.figures(shops)).toEqual(Array(3).fill([0n, 0n, 0n]));
    const some = viewOf(
      await desk.capture(hold.id, false, [
        { leg: 1, amount: 5n },
        { leg: 2, amount: 30n },
      ]),
    );
    expect(some).toMatchObject({ kind: 'capture', status: 'posted', of: hold.id });
    expect((await desk.read(hold.id)).hold).toEqual([
      { remaining: 10n, capturing: 0n, captured: 0n },
      { remaining: 15n, capturing: 0n, captured: 5n },
      { remaining: 0n, capturing: 0n, captured: 30n },
    ]);
    const tooMuch = viewOf(await desk.capture(hold.id, false, [{ leg: 1, amount: 16n }]));
    expect(tooMuch).toMatchObject({ status: 'rejected', rejection: { code: 'capture_exceeds_hold' } });
    const last = viewOf(await desk.capture(hold.id, true, [{ leg: 0, amount: 4n }]));
    expect(last.status).toBe('posted');
    await until('the rest is free', async () => (await desk.read(hold.id)).status === 'posted');
    expect(await desk.figures(payers)).toEqual([
      [-4n, 0n, 0n],
      [-5n, 0n, 0n],
      [-30n, 0n, 0n],
    ]);
    expect(await desk.figures(shops)).toEqual([
      [30n, 0n, 0n],
      [4n, 0n, 0n],
      [5n, 0n, 0n],
    ]);
    expect(viewOf(await desk.capture(hold.id, false)).rejection).toEqual({ code: 'hold_closed' });
    // What was answered first is answered for ever.
    expect(await desk.ledger.intake.transfer(request, TEST_ORIGIN, WAIT)).toEqual({
      ...answer,
      replayed: true,
    });
    const back = { tenant: cluster.tenant, key: key(), original: some.id };
    expect(viewOf(await desk.ledger.intake.reverse(back, TEST_ORIGIN, WAIT)).status).toBe('posted');
    expect(await desk.figures(payers)).toEqual([
      [-4n, 0n, 0n],
      [0n, 0n, 0n],
      [0n, 0n, 0n],
    ]);
  });

  it('that one of its shards refuses is rejected, and sets nothing aside anywhere', async () => {
    const [rich, shops] = [await desk.accounts('rich'), await desk.accounts('unlucky shop')];
    const poor = await desk.accounts('poor', { minBalance: 0n });
    const payers = [rich[0], poor[1], rich[2]] as AccountView[];
    const refused = await desk.hold(crosswise(payers, shops));
    expect(refused).toMatchObject({
      kind: 'hold',
      status: 'rejected',
      rejection: { code: 'insufficient_funds', account: poor[1]?.id, needed: '20' },
    });
    expect(await desk.figures(payers)).toEqual(Array(3).fill([0n, 0n, 0n]));
    expect(viewOf(await desk.capture(refused.id, true)).rejection).toEqual({ code: 'hold_closed' });
    const trial = { tenant: cluster.tenant, legs: crosswise(payers, shops), hold: {} };
    const answer = await desk.ledger.intake.dryRun(trial, TEST_ORIGIN);
    expect(answer).toMatchObject({
      transfer: { status: 'rejected', rejection: { code: 'insufficient_funds' } },
    });
    const fine = { ...trial, legs: crosswise(rich, shops) };
    expect(await desk.ledger.intake.dryRun(fine, TEST_ORIGIN)).toMatchObject({
      kind: 'ended',
      transfer: { kind: 'hold', status: 'held' },
    });
  });

  it('is voided everywhere, and expires by itself', async () => {
    const [payers, shops] = [await desk.accounts('leaving'), await desk.accounts('left shop')];
    const hold = await desk.hold(crosswise(payers, shops));
    const request = desk.voiding(hold.id);
    const answer = await desk.ledger.intake.void(request, TEST_ORIGIN, WAIT);
    expect(answer).toMatchObject({ kind: 'ended', transfer: { status: 'canceled' } });
    expect(await desk.figures(payers)).toEqual(Array(3).fill([0n, 0n, 0n]));
    expect(await desk.ledger.intake.void(request, TEST_ORIGIN, WAIT)).toEqual({ ...answer, replayed: true });
    const due = await desk.hold(crosswise(payers, shops), {
      expiresAt: new Date(Date.now() - 1_000).toISOString(),
    });
    expect(due.status).toBe('held');
    const { router, pools } = desk.ledger;
    const onError = (error: unknown): never => {
      throw error;
    };
    expect(await new Expiry({ shard: 0, router, pool: pools.at(0), onError }).pass()).toBe(1);
    await until('it has expired', async () => (await desk.read(due.id)).status === 'expired');
    expect(await desk.figures(payers)).toEqual(Array(3).fill([0n, 0n, 0n]));
  });

  it('gets back what a capture was refused at its pivot, and its other shards keep it set aside', async () => {
    const payers = await desk.accounts('patient');
    const shops = await desk.accounts('full shop', { maxBalance: 10n });
    const hold = await desk.hold(crosswise(payers, shops));
    const refused = viewOf(await desk.capture(hold.id, true));
    expect(refused).toMatchObject({ status: 'rejected', rejection: { code: 'balance_limit_exceeded' } });
    expect((await desk.read(hold.id)).status).toBe('held');
    expect(await desk.figures(payers)).toEqual([
      [0n, 10n, 0n],
      [0n, 20n, 0n],
      [0n, 30n, 0n],
    ]);
    expect(await desk.figures(shops)).toEqual(Array(3).fill([0n, 0n, 0n]));
    // Frozen after it was held: what was authorised may still be taken.
    for (const { id: account } of [...payers, ...shops]) {
      const request = { tenant: cluster.tenant, key: key(), account };
      await desk.ledger.intake.changeAccount({ ...request, change: { status: 'frozen' } }, TEST_ORIGIN);
    }
    const parts = [0, 1, 2].map((leg) => ({ leg, amount: 10n }));
    expect(viewOf(await desk.capture(hold.id, true, parts)).status).toBe('posted');
    await until('the rest is free', async () => (await desk.read(hold.id)).status === 'posted');
    expect(await desk.figures(payers)).toEqual(Array(3).fill([-10n, 0n, 0n]));
  });

  it('with a mark on an account of another shard waits for a person, and is made when approved', async () => {
    const [payers, shops] = [await desk.accounts('doubted'), await desk.accounts('doubted shop')];
    const { tenant } = cluster;
    const mark = { tenant, key: key(), account: (payers[2] as AccountView).id };
    await desk.ledger.intake.changeAccount({ ...mark, change: { reviewDebits: true } }, TEST_ORIGIN);
    const [first, second] = [
      await desk.hold(crosswise(payers, shops)),
      await desk.hold(crosswise(payers, shops)),
    ];
    expect(first).toMatchObject({ kind: 'hold', status: 'review' });
    expect(await desk.figures(payers)).toEqual([
      [0n, 20n, 0n],
      [0n, 0n, 0n],
      [0n, 0n, 0n],
    ]);
    await expect(desk.capture(first.id, true)).resolves.toEqual({
      kind: 'refused',
      rejection: { code: 'in_review' },
    });
    const decide = (review: TransferId, decision: 'approve' | 'decline') =>
      desk.ledger.intake.decide({ tenant, key: key(), review, decision }, TEST_ORIGIN);
    await decide(first.id, 'approve');
    await decide(second.id, 'decline');
    await until('it is held', async () => (await desk.read(first.id)).status === 'held');
    expect((await desk.read(second.id)).status).toBe('rejected');
    expect(await desk.figures(payers)).toEqual([
      [0n, 10n, 0n],
      [0n, 20n, 0n],
      [0n, 30n, 0n],
    ]);
    expect(viewOf(await desk.ledger.intake.void(desk.voiding(first.id), TEST_ORIGIN, WAIT)).status).toBe(
      'canceled',
    );
    expect(await desk.figures(payers)).toEqual(Array(3).fill([0n, 0n, 0n]));
  });
});
