import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import type { Part } from '../../src/domain/transfer.js';
import type { TransferAnswer } from '../../src/intake/requests.js';
import { type Ledger, openLedger } from '../../src/main/ledger.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { Expiry } from '../../src/saga/expiry.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

const WAIT = { waitMs: 30_000 };
let cluster: SagaCluster;
/** A second node's ledger over the same shards. */
let other: Ledger;
/** One account on each shard: may go below zero. */
let rich: AccountView[];
let keys = 0;

beforeAll(async () => {
  cluster = await startSagaCluster(3);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
  const { name, shardUrls, controlUrl } = cluster.shards;
  other = await openLedger({ cluster: name, shardUrls, controlUrl });
  rich = await Promise.all([0, 1, 2].map((shard) => cluster.open(`rich ${shard}`, shard)));
});
/** Whatever the tests did, the journal tells it, and the books agree with it. */
afterAll(async () => {
  const report = await cluster.audit();
  expect(report.divergences).toEqual([]);
  expect(report.inDoubt).toEqual([]);
  await other.close();
  await cluster.close();
});

const key = (): string => `k${++keys}`;
const on = (shard: number): AccountView => {
  const account = rich[shard];
  if (account === undefined) throw new RangeError(`shard ${shard}`);
  return account;
};
const viewOf = (answer: TransferAnswer): TransferView => {
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  return answer.transfer;
};
const legOf = (from: AccountView, to: AccountView, amount: bigint) => ({
  debit: from.id,
  credit: to.id,
  amount,
  asset: CZK,
});
const read = async (id: TransferId): Promise<TransferView> => {
  const view = await cluster.ledger.reader.transfer(cluster.tenant, id);
  if (view === undefined) throw new Error(`no transfer ${id}`);
  return view;
};
const held = async (legs: ReturnType<typeof legOf>[], expiresAt?: string): Promise<TransferView> => {
  const hold = expiresAt === undefined ? {} : { expiresAt };
  const request = { tenant: cluster.tenant, key: key(), legs, hold };
  return viewOf(await cluster.ledger.intake.transfer(request, TEST_ORIGIN, WAIT));
};
const capture = (
  hold: TransferId,
  final: boolean,
  parts?: Part[],
  ledger = cluster.ledger,
  waitMs = 30_000,
) =>
  ledger.intake.capture(
    { tenant: cluster.tenant, key: key(), hold, final, ...(parts === undefined ? {} : { parts }) },
    TEST_ORIGIN,
    { waitMs },
  );
const reverse = (original: TransferId, parts?: Part[], ledger = cluster.ledger) =>
  ledger.intake.reverse(
    { tenant: cluster.tenant, key: key(), original, ...(parts === undefined ? {} : { parts }) },
    TEST_ORIGIN,
    WAIT,
  );
const countersOf = async ({ id }: AccountView) => {
  const account = await cluster.ledger.reader.account(cluster.tenant, id);
  if (account === undefined) throw new Error(`no account ${id}`);
  return account.counters;
};
const balance = async (account: AccountView): Promise<bigint> => {
  const { creditsPosted, debitsPosted } = await countersOf(account);
  return creditsPosted - debitsPosted;
};
const pending = async (account: AccountView): Promise<[bigint, bigint]> => {
  const { debitsPending, creditsPending } = await countersOf(account);
  return [debitsPending, creditsPending];
};

describe('P6: a reversal across shards', () => {
  it('moves back in parts and as a whole, never more than was moved, and a repeat answers the same', async () => {
    const to = await cluster.open('reversed receiver', 1);
    const paid = await cluster.move(key(), on(0), to, 100n);
    const request = {
      tenant: cluster.tenant,
      key: key(),
      original: paid.id,
      parts: [{ leg: 0, amount: 30n }],
      details: { reference: 'goods came back' },
    };
    const first = await cluster.ledger.intake.reverse(request, TEST_ORIGIN, WAIT);
    expect(viewOf(first)).toMatchObject({
      kind: 'reversal',
      status: 'posted',
      of: paid.id,
      legs: [legOf(to, on(0), 30n)],
      shards: [0, 1],
      details: { reference: 'goods came back' },
    });
    expect(await cluster.ledger.intake.reverse(request, TEST_ORIGIN, WAIT)).toEqual({
      ...first,
      replayed: true,
    });
    const tooMuch = viewOf(await reverse(paid.id, [{ leg: 0, amount: 71n }]));
    expect(tooMuch).toMatchObject({ status: 'rejected', rejection: { code: 'reversal_exceeds_transfer' } });
    expect(tooMuch.legs).toEqual([legOf(to, on(0), 71n)]);
    const rest = viewOf(await reverse(paid.id));
    expect(rest).toMatchObject({ status: 'posted', legs: [legOf(to, on(0), 70n)] });
    expect(await balance(to)).toBe(0n);
    expect(viewOf(await reverse(paid.id)).rejection).toEqual({ code: 'reversal_exceeds_transfer' });
    const seen = await read(paid.id);
    expect(seen).toMatchObject({ status: 'posted', reversed: [100n] });
    expect(seen.reversals).toEqual([viewOf(first).id, rest.id]);
    expect(seen.reversing).toBeUndefined();
    // A reversal moved something, and can be moved back like any other.
    expect(viewOf(await reverse(rest.id))).toMatchObject({ status: 'posted', kind: 'reversal', of: rest.id });
    expect(await balance(to)).toBe(70n);
  });

  it('of legs that do not touch the original’s coordinator is coordinated there all the same', async () => {
    const [a, b, c] = [
      await cluster.open('legless a', 0),
      await cluster.open('legless b', 1),
      await cluster.open('legless c', 2),
    ];
    const legs = [legOf(a, b, 5n), legOf(b, c, 7n), legOf(c, b, 2n)];
    const request = { tenant: cluster.tenant, key: key(), legs };
    const moved = viewOf(await cluster.ledger.intake.transfer(request, TEST_ORIGIN, WAIT));
    expect(moved).toMatchObject({ status: 'posted', shards: [0, 1, 2] });
    const back = viewOf(await reverse(moved.id, [{ leg: 1, amount: 7n }]));
    expect(back).toMatchObject({ status: 'posted', legs: [legOf(c, b, 7n)], shards: [0, 2, 1] });
    expect(await Promise.all([a, b, c].map(balance))).toEqual([-5n, 7n, -2n]);
    expect((await read(moved.id)).reversed).toEqual([0n, 7n, 0n]);
  });

  it('of a leg within the coordinator’s shard needs no other', async () => {
    const [a, fee] = [await cluster.open('local a', 0), await cluster.open('local fee', 0)];
    const legs = [legOf(a, on(1), 50n), legOf(a, fee, 3n)];
    const request = { tenant: cluster.tenant, key: key(), legs };
    const moved = viewOf(await cluster.ledger.intake.transfer(request, TEST_ORIGIN, WAIT));
    const back = viewOf(await reverse(moved.id, [{ leg: 1, amount: 3n }]));
    expect(back).toMatchObject({ status: 'posted', kind: 'reversal', shards: [0] });
    expect((await read(moved.id)).reversed).toEqual([0n, 3n]);
    expect(await balance(a)).toBe(-50n);
  });

  it('that the receiver can not pay is rejected everywhere, and its part can be reversed later', async () => {
    const spender = await cluster.open('spender', 1, { minBalance: 0n });
    const paid = await cluster.move(key(), on(0), spender, 40n);
    await cluster.move(key(), spender, on(2), 40n);
    const refused = viewOf(await reverse(paid.id));
    expect(refused).toMatchObject({
      kind: 'reversal',
      status: 'rejected',
      rejection: { code: 'insufficient_funds', account: spender.id },
    });
    expect(await read(paid.id)).not.toHaveProperty('reversing');
    await cluster.move(key(), on(2), spender, 40n);
    expect(viewOf(await reverse(paid.id))).toMatchObject({ status: 'posted' });
    expect(await balance(spender)).toBe(0n);
  });

  it('of what has not ended, or is no transfer, is refused for what it is', async () => {
    const [a, b] = [await cluster.open('hold a', 0), await cluster.open('hold b', 1)];
    const hold = await held([legOf(a, b, 5n)]);
    expect(viewOf(await reverse(hold.id)).rejection).toEqual({ code: 'transfer_not_posted' });
    await capture(hold.id, true);
  });

  it('by two nodes at once comes to what was moved and no more', async () => {
    const to = await cluster.open('contended', 1);
    const paid = await cluster.move(key(), on(0), to, 100n);
    const asked = Array.from({ length: 12 }, (_, i) =>
      reverse(paid.id, [{ leg: 0, amount: 15n }], i % 2 === 0 ? cluster.ledger : other),
    );
    const ends = (await Promise.all(asked)).map(viewOf).map(({ status }) => status);
    expect(ends.filter((status) => status === 'posted')).toHaveLength(6);
    expect(ends.filter((status) => status === 'rejected')).toHaveLength(6);
    expect(await balance(to)).toBe(10n);
    expect((await read(paid.id)).reversed).toEqual([90n]);
  });
});

describe('P6: a hold whose credits lie on other shards', () => {
  it('is held at once, captured in parts through the saga, and frees the rest with the final one', async () => {
    const [payer, shop, fees] = [
      await cluster.open('payer', 0),
      await cluster.open('shop', 1),
      await cluster.open('fees', 2),
    ];
    const hold = await held([legOf(payer, shop, 60n), legOf(payer, fees, 5n)]);
    expect(hold).toMatchObject({ kind: 'hold', status: 'held', shards: [0, 1, 2] });
    expect(hold.legs).toEqual([legOf(payer, shop, 60n), legOf(payer, fees, 5n)]);
    expect(await pending(payer)).toEqual([65n, 0n]);
    expect(await pending(shop)).toEqual([0n, 0n]);
    const some = viewOf(await capture(hold.id, false, [{ leg: 0, amount: 20n }]));
    expect(some).toMatchObject({ kind: 'capture', status: 'posted', of: hold.id, shards: [0, 1] });
    expect(await pending(payer)).toEqual([45n, 0n]);
    expect((await read(hold.id)).hold).toEqual([
      { remaining: 40n, capturing: 0n, captured: 20n },
      { remaining: 5n, capturing: 0n, captured: 0n },
    ]);
    const tooMuch = viewOf(await capture(hold.id, false, [{ leg: 0, amount: 41n }]));
    expect(tooMuch).toMatchObject({ kind: 'capture', status: 'rejected', legs: [legOf(payer, shop, 41n)] });
    expect(tooMuch.rejection).toEqual({ code: 'capture_exceeds_hold' });
    const last = viewOf(await capture(hold.id, true, [{ leg: 1, amount: 5n }]));
    expect(last).toMatchObject({ status: 'posted', shards: [0, 2] });
    expect(await pending(payer)).toEqual([0n, 0n]);
    expect(await Promise.all([payer, shop, fees].map(balance))).toEqual([-25n, 20n, 5n]);
    const seen = await read(hold.id);
    expect(seen).toMatchObject({ status: 'posted', captures: [some.id, last.id] });
    // What a capture moved can be moved back.
    expect(viewOf(await reverse(some.id))).toMatchObject({ status: 'posted', kind: 'reversal', of: some.id });
    expect(await balance(shop)).toBe(0n);
  });

  it('gets back what a capture was refused, even while its account is frozen', async () => {
    const [payer, full] = [
      await cluster.open('patient payer', 0),
      await cluster.open('full shop', 1, { maxBalance: 10n }),
    ];
    const hold = await held([legOf(payer, full, 30n)]);
    const refused = viewOf(await capture(hold.id, true));
    expect(refused).toMatchObject({ status: 'rejected', rejection: { code: 'balance_limit_exceeded' } });
    expect(await read(hold.id)).toMatchObject({
      status: 'held',
      hold: [{ remaining: 30n, capturing: 0n, captured: 0n }],
    });
    for (const account of [payer, full]) {
      const request = { tenant: cluster.tenant, key: key(), account: account.id };
      await cluster.ledger.intake.changeAccount({ ...request, change: { status: 'frozen' } }, TEST_ORIGIN);
    }
    const some = viewOf(await capture(hold.id, true, [{ leg: 0, amount: 10n }]));
    expect(some.status).toBe('posted');
    expect(await pending(payer)).toEqual([0n, 0n]);
    expect(await balance(full)).toBe(10n);
  });

  it('is voided, and expires by itself', async () => {
    const payer = await cluster.open('leaving payer', 0);
    const hold = await held([legOf(payer, on(1), 30n)]);
    const request = { tenant: cluster.tenant, key: key(), hold: hold.id };
    expect(viewOf(await cluster.ledger.intake.void(request, TEST_ORIGIN)).status).toBe('canceled');
    expect(viewOf(await capture(hold.id, true)).rejection).toEqual({ code: 'hold_closed' });
    const due = await held([legOf(payer, on(1), 20n)], new Date(Date.now() - 1_000).toISOString());
    const { router, pools } = cluster.ledger;
    const onError = (error: unknown): never => {
      throw error;
    };
    expect(await new Expiry({ shard: 0, router, pool: pools.at(0), onError }).pass()).toBeGreaterThan(0);
    expect((await read(due.id)).status).toBe('expired');
    expect(await pending(payer)).toEqual([0n, 0n]);
  });

  it('is captured by two nodes at once for what it holds and no more', async () => {
    const [payer, shop] = [await cluster.open('popular payer', 0), await cluster.open('popular shop', 1)];
    const hold = await held([legOf(payer, shop, 100n)]);
    const asked = Array.from({ length: 12 }, (_, i) =>
      capture(hold.id, false, [{ leg: 0, amount: 15n }], i % 2 === 0 ? cluster.ledger : other),
    );
    const ends = (await Promise.all(asked)).map(viewOf).map(({ status }) => status);
    expect(ends.filter((status) => status === 'posted')).toHaveLength(6);
    expect(await balance(shop)).toBe(90n);
    expect(await pending(payer)).toEqual([10n, 0n]);
    await other.intake.void({ tenant: cluster.tenant, key: key(), hold: hold.id }, TEST_ORIGIN);
    expect(await pending(payer)).toEqual([0n, 0n]);
  });

  it('in a trial is what it would be', async () => {
    const { tenant, ledger } = cluster;
    const trial = { tenant, legs: [legOf(on(0), on(2), 1n)], hold: {} };
    expect(await ledger.intake.dryRun(trial, TEST_ORIGIN)).toMatchObject({ transfer: { status: 'held' } });
  });
});

describe('P6: captures and the end of their hold, in every order', () => {
  it('a hold that ends first is processing until its captures have ended; what they set aside is theirs', async () => {
    const idle = await startSagaCluster(2);
    const { tenant, ledger } = idle;
    const [payer, shop] = [await idle.open('payer', 0), await idle.open('shop', 1)];
    const ask = { tenant, legs: [legOf(payer, shop, 30n)] };
    const expiring = { expiresAt: new Date(Date.now() - 1_000).toISOString() };
    const holdOf = async (hold: { expiresAt?: string }): Promise<TransferId> =>
      viewOf(await ledger.intake.transfer({ ...ask, key: key(), hold }, TEST_ORIGIN, { waitMs: 0 })).id;
    const ids = [await holdOf({}), await holdOf({}), await holdOf(expiring)];
    const [voided, canceled, expired] = ids as [TransferId, TransferId, TransferId];
    const parts = [{ leg: 0, amount: 10n }];
    const captures: TransferId[] = [];
    for (const hold of ids) {
      const request = { tenant, key: key(), hold, parts, final: true };
      const answer = await ledger.intake.capture(request, TEST_ORIGIN);
      expect(answer).toMatchObject({ kind: 'processing', transfer: { kind: 'capture', of: hold } });
      captures.push(viewOf(answer).id);
    }
    const seen = async (id: TransferId) => {
      const view = await ledger.reader.transfer(tenant, id);
      return { status: view?.status, hold: view?.hold?.[0] };
    };
    expect(await seen(voided)).toEqual({
      status: 'held',
      hold: { remaining: 20n, capturing: 10n, captured: 0n },
    });
    const request = { tenant, key: key(), hold: voided };
    const answer = viewOf(await ledger.intake.void(request, TEST_ORIGIN));
    expect(answer).toMatchObject({
      status: 'processing',
      hold: [{ remaining: 0n, capturing: 10n, captured: 0n }],
    });
    await ledger.intake.void({ ...request, key: key(), hold: canceled }, TEST_ORIGIN);
    const onError = (): undefined => undefined;
    const { router, pools } = ledger;
    await new Expiry({ shard: 0, router, pool: pools.at(0), onError }).pass();
    expect((await seen(expired)).status).toBe('processing');
    // One of the captures never comes to its pivot.
    const given = captures[1];
    if (given === undefined) throw new Error('no capture');
    const reason = { code: 'operator' } as const;
    const cancel = { kind: 'cancel', tenant, transfer: given, coordinator: 0, reason } as const;
    await router.submit(1, cancel, TEST_ORIGIN);
    idle.startWorker();
    idle.startPumps();
    await until('all captures have ended', async () => {
      const views = await Promise.all(captures.map((id) => ledger.reader.transfer(tenant, id)));
      return views.every((view) => view?.status !== 'processing');
    });
    const captured = { remaining: 0n, capturing: 0n, captured: 10n };
    expect(await seen(voided)).toEqual({ status: 'posted', hold: captured });
    expect(await seen(canceled)).toEqual({ status: 'canceled', hold: { ...captured, captured: 0n } });
    expect(await seen(expired)).toEqual({ status: 'posted', hold: captured });
    // The void's own answer is what it was.
    expect(viewOf(await ledger.intake.void(request, TEST_ORIGIN))).toEqual(answer);
    const counters = (await ledger.reader.account(tenant, payer.id))?.counters;
    expect(counters).toMatchObject({ debitsPosted: 20n, debitsPending: 0n });
    await idle.startRelays();
    const report = await idle.audit();
    expect(report.divergences).toEqual([]);
    await idle.close();
  });
});
