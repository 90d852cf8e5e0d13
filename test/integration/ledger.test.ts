import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AccountId } from '../../src/domain/ids.js';
import type { NewTransfer, TransferAnswer } from '../../src/intake/requests.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { Expiry } from '../../src/saga/expiry.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

let cluster: SagaCluster;
let keys = 0;
const key = (): string => {
  keys += 1;
  return `k${keys}`;
};

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
});
afterAll(async () => {
  await until('the journal is complete', async () => (await cluster.audit()).clean);
  await cluster.close();
});

/** A payer with 100.00, a payee and a fee account, together on one shard. */
async function three(shard = 0): Promise<[AccountView, AccountView, AccountView]> {
  const [bank, payer, payee, fees] = await Promise.all([
    cluster.open(key(), shard),
    cluster.open(key(), shard, { minBalance: 0n }),
    cluster.open(key(), shard, { minBalance: 0n }),
    cluster.open(key(), shard),
  ]);
  await cluster.move(key(), bank, payer, 10_000n);
  return [payer, payee, fees];
}

const counters = async ({ id }: AccountView) => {
  const account = await cluster.ledger.reader.account(cluster.tenant, id);
  if (account === undefined) throw new Error(`no account ${id}`);
  return account.counters;
};

function ended(answer: TransferAnswer): TransferView {
  if (answer.kind !== 'ended') throw new Error(JSON.stringify(answer));
  return answer.transfer;
}

const leg = (debit: { id: AccountId }, credit: { id: AccountId }, amount: bigint) => ({
  debit: debit.id,
  credit: credit.id,
  amount,
  asset: CZK,
});

const put = async (request: Omit<NewTransfer, 'tenant'>): Promise<TransferView> =>
  ended(
    await cluster.ledger.intake.transfer({ ...request, tenant: cluster.tenant }, TEST_ORIGIN, { waitMs: 0 }),
  );

describe('holds', () => {
  it('set debits aside, are captured in parts, and free the rest with the last', async () => {
    const { intake, reader } = cluster.ledger;
    const { tenant } = cluster;
    const [payer, payee, fees] = await three();
    const hold = await put({
      key: key(),
      legs: [leg(payer, payee, 6_000n), leg(payer, fees, 300n)],
      hold: {},
    });
    expect(hold).toMatchObject({ kind: 'hold', status: 'held' });
    expect(await counters(payer)).toMatchObject({ debitsPosted: 0n, debitsPending: 6_300n });
    expect(await counters(payee)).toMatchObject({ creditsPosted: 0n, creditsPending: 0n });

    const request = { tenant, key: key(), hold: hold.id, parts: [{ leg: 0, amount: 2_000n }], final: false };
    const part = ended(await intake.capture(request, TEST_ORIGIN));
    expect(part).toMatchObject({ kind: 'capture', status: 'posted', of: hold.id });
    const again = await intake.capture(request, TEST_ORIGIN);
    expect(again).toEqual({ kind: 'ended', transfer: part, replayed: true });
    expect(await intake.capture({ ...request, final: true }, TEST_ORIGIN)).toMatchObject({
      kind: 'refused',
      rejection: { code: 'idempotency_key_reused', field: 'final' },
    });
    const tooMuch = { ...request, key: key(), parts: [{ leg: 0, amount: 4_001n }] };
    expect(ended(await intake.capture(tooMuch, TEST_ORIGIN))).toMatchObject({
      status: 'rejected',
      rejection: { code: 'capture_exceeds_hold' },
    });

    const last = { tenant, key: key(), hold: hold.id, parts: [{ leg: 1, amount: 300n }], final: true };
    expect(ended(await intake.capture(last, TEST_ORIGIN)).status).toBe('posted');
    expect(await counters(payer)).toMatchObject({ debitsPosted: 2_300n, debitsPending: 0n });
    const view = await reader.transfer(tenant, hold.id);
    expect(view).toMatchObject({
      status: 'posted',
      hold: [
        { remaining: 0n, captured: 2_000n },
        { remaining: 0n, captured: 300n },
      ],
    });
    expect(view?.captures).toHaveLength(2);
    const late = { tenant, key: key(), hold: hold.id, final: true };
    expect(ended(await intake.capture(late, TEST_ORIGIN)).rejection).toEqual({ code: 'hold_closed' });
  });

  it('are voided once, and the answer stays', async () => {
    const { intake } = cluster.ledger;
    const { tenant } = cluster;
    const [payer, payee] = await three(1);
    const hold = await put({ key: key(), legs: [leg(payer, payee, 6_000n)], hold: {} });
    const request = { tenant, key: key(), hold: hold.id };
    const first = await intake.void(request, TEST_ORIGIN);
    expect(ended(first)).toMatchObject({ id: hold.id, status: 'canceled' });
    expect(await intake.void(request, TEST_ORIGIN)).toEqual({ ...first, replayed: true });
    expect(await intake.void({ ...request, key: key() }, TEST_ORIGIN)).toMatchObject({
      rejection: { code: 'hold_closed' },
    });
    expect(await counters(payer)).toMatchObject({ debitsPending: 0n, debitsPosted: 0n });
  });

  it('P9: expire by themselves; what was captured before stays', async () => {
    const { intake, reader, router, pools } = cluster.ledger;
    const { tenant } = cluster;
    const [payer, payee] = await three(0);
    const expiresAt = new Date(Date.now() - 1_000).toISOString();
    const holds = await Promise.all(
      [1_000n, 2_000n, 3_000n].map((amount) =>
        put({ key: key(), legs: [leg(payer, payee, amount)], hold: { expiresAt } }),
      ),
    );
    const [a, b, c] = holds.map(({ id }) => id);
    if (a === undefined || b === undefined || c === undefined) throw new Error('three');
    await intake.capture(
      { tenant, key: key(), hold: a, parts: [{ leg: 0, amount: 1n }], final: false },
      TEST_ORIGIN,
    );
    await intake.void({ tenant, key: key(), hold: b }, TEST_ORIGIN);
    const onError = (error: unknown): void => expect(error).toBeUndefined();
    const expiries = [1, 2].map(() => new Expiry({ shard: 0, router, pool: pools.at(0), onError }));
    await Promise.all(expiries.map((expiry) => expiry.pass()));
    expect(await expiries[0]?.pass()).toBe(0);
    expect(
      await Promise.all([a, b, c].map(async (id) => (await reader.transfer(tenant, id))?.status)),
    ).toEqual(['posted', 'canceled', 'expired']);
    expect(await counters(payer)).toMatchObject({ debitsPending: 0n, debitsPosted: 1n });
  });
});

it('reversals give back leg by leg, never more than was moved', async () => {
  const { intake, reader } = cluster.ledger;
  const { tenant } = cluster;
  const [payer, payee, fees] = await three();
  const paid = await put({ key: key(), legs: [leg(payer, payee, 5_000n), leg(payer, fees, 100n)] });
  const some = { tenant, key: key(), original: paid.id, parts: [{ leg: 0, amount: 1_500n }] };
  const first = await intake.reverse(some, TEST_ORIGIN);
  expect(ended(first)).toMatchObject({ kind: 'reversal', of: paid.id, status: 'posted' });
  expect(await intake.reverse(some, TEST_ORIGIN)).toEqual({ ...first, replayed: true });
  const tooMuch = { ...some, key: key(), parts: [{ leg: 0, amount: 3_501n }] };
  expect(ended(await intake.reverse(tooMuch, TEST_ORIGIN)).rejection).toEqual({
    code: 'reversal_exceeds_transfer',
  });
  await intake.reverse({ tenant, key: key(), original: paid.id }, TEST_ORIGIN);
  expect(await reader.transfer(tenant, paid.id)).toMatchObject({
    reversed: [5_000n, 100n],
    status: 'posted',
  });
  expect((await reader.transfer(tenant, paid.id))?.reversals).toHaveLength(2);
  expect(await counters(payer)).toMatchObject({ debitsPosted: 5_100n, creditsPosted: 15_100n });
});

it('up_to moves what is there, on one shard and across', async () => {
  const [payer, payee] = await three(0);
  const away = await cluster.open(key(), 1, { maxBalance: 100_000n });
  const near = await put({ key: key(), legs: [leg(payer, payee, 4_000n)], upTo: true });
  expect(near.legs[0]?.amount).toBe(4_000n);
  const request = { tenant: cluster.tenant, key: key(), legs: [leg(payer, away, 9_000n)], upTo: true };
  const far = ended(await cluster.ledger.intake.transfer(request, TEST_ORIGIN, { waitMs: 30_000 }));
  expect(far).toMatchObject({ status: 'posted', upTo: 9_000n });
  expect(far.legs[0]?.amount).toBe(6_000n);
  expect(await counters(away)).toMatchObject({ creditsPosted: 6_000n });
  const both = [leg(payer, payee, 1n), leg(payee, away, 1n)];
  const several = { tenant: cluster.tenant, key: key(), legs: both, upTo: true };
  expect(await cluster.ledger.intake.transfer(several, TEST_ORIGIN, { waitMs: 0 })).toMatchObject({
    kind: 'refused',
    rejection: { code: 'up_to_one_leg' },
  });
  const none = await put({ key: key(), legs: [leg(payer, payee, 1n)], upTo: true });
  expect(none.rejection).toMatchObject({ code: 'insufficient_funds' });
});

it('P4: a batch has one key, for the whole of it and for nothing else', async () => {
  const { intake } = cluster.ledger;
  const { tenant } = cluster;
  const [payer, payee, fees] = await three();
  const items = [{ legs: [leg(payer, payee, 10n)] }, { legs: [leg(payer, fees, 20n)] }];
  const reused = { kind: 'refused', rejection: { code: 'idempotency_key_reused' } };
  const soon = { waitMs: 30_000 };
  for (const linked of [false, true]) {
    const batch = { tenant, key: key(), items, linked };
    expect(await intake.lookUpKey(tenant, batch.key)).toEqual({ kind: 'unused' });
    const first = await intake.transferBatch(batch, TEST_ORIGIN, soon);
    expect(first).toMatchObject([{ replayed: false }, { replayed: false }]);
    expect(await intake.transferBatch(batch, TEST_ORIGIN, soon)).toMatchObject([
      { replayed: true },
      { replayed: true },
    ]);
    const before = await counters(payer);
    const longer = { ...batch, items: [...items, { legs: [leg(payer, payee, 1n)] }] };
    expect(await intake.transferBatch(longer, TEST_ORIGIN, soon)).toMatchObject(reused);
    expect(await intake.transferBatch({ ...batch, linked: !linked }, TEST_ORIGIN, soon)).toMatchObject(
      reused,
    );
    const one = { tenant, key: batch.key, legs: [leg(payer, payee, 10n)] };
    expect(await intake.transfer(one, TEST_ORIGIN, soon)).toMatchObject(reused);
    const accounts = { tenant, key: batch.key, items: [{ asset: CZK, limits: {} }] };
    expect(await intake.openAccounts(accounts, TEST_ORIGIN)).toMatchObject(reused);
    expect(await intake.burnKey(tenant, batch.key, TEST_ORIGIN)).toMatchObject({
      kind: 'used',
      effect: true,
    });
    expect(await counters(payer)).toEqual(before);
  }
  const single = { tenant, key: key(), legs: [leg(payer, payee, 10n)] };
  await intake.transfer(single, TEST_ORIGIN, soon);
  const burnt = key();
  await intake.burnKey(tenant, burnt, TEST_ORIGIN);
  const before = await counters(payer);
  for (const taken of [single.key, burnt]) {
    for (const linked of [false, true]) {
      const batch = { tenant, key: taken, items, linked };
      expect(await intake.transferBatch(batch, TEST_ORIGIN, soon)).toMatchObject(reused);
    }
  }
  expect(await counters(payer)).toEqual(before);
  const apart = {
    tenant,
    key: key(),
    items: [{ legs: [leg(payer, await cluster.open(key(), 1, {}), 1n)] }],
    linked: true,
  };
  expect(await intake.transferBatch(apart, TEST_ORIGIN, soon)).toMatchObject({
    rejection: { code: 'across_shards', index: 0 },
  });
  expect(await intake.lookUpKey(tenant, apart.key)).toEqual({ kind: 'unused' });
});

it('linked transfers are posted all or none, and repeat as they were', async () => {
  const { intake } = cluster.ledger;
  const { tenant } = cluster;
  const [payer, payee, fees] = await three();
  const good = [{ legs: [leg(payer, payee, 9_000n)] }, { legs: [leg(payee, fees, 9_000n)] }];
  const batch = { tenant, key: key(), items: good, linked: true };
  const first = await intake.transferBatch(batch, TEST_ORIGIN, { waitMs: 0 });
  expect(first).toMatchObject([{ transfer: { status: 'posted' } }, { transfer: { status: 'posted' } }]);
  const bad = { tenant, key: key(), items: [...good].reverse(), linked: true };
  const rejected = await intake.transferBatch(bad, TEST_ORIGIN, { waitMs: 0 });
  expect(rejected).toMatchObject([
    { transfer: { status: 'rejected', rejection: { code: 'insufficient_funds', index: 0 } } },
    { transfer: { status: 'rejected', rejection: { code: 'linked_failed', index: 0 } } },
  ]);
  const again = await intake.transferBatch(bad, TEST_ORIGIN, { waitMs: 0 });
  expect(again).toMatchObject([{ replayed: true }, { replayed: true }]);
  const other = { ...batch, items: good.slice(0, 1) };
  expect(await intake.transferBatch(other, TEST_ORIGIN, { waitMs: 0 })).toMatchObject({
    rejection: { code: 'idempotency_key_reused' },
  });
  expect(await counters(payer)).toMatchObject({ debitsPosted: 9_000n });
});

it('a dry run tells what would be, and writes nothing', async () => {
  const { intake, pools } = cluster.ledger;
  const { tenant } = cluster;
  const [payer, payee] = await three(0);
  const away = await cluster.open(key(), 1, { maxBalance: 50n });
  const seqs = () =>
    Promise.all([0, 1].map(async (n) => (await pools.at(n).query('SELECT seq FROM head')).rows[0]));
  const before = await seqs();
  const trial = (legs: NewTransfer['legs']) => intake.dryRun({ tenant, legs }, TEST_ORIGIN);
  expect(await trial([leg(payer, payee, 5n)])).toMatchObject({ transfer: { status: 'posted' } });
  expect(await trial([leg(payee, payer, 5n)])).toMatchObject({ transfer: { status: 'rejected' } });
  expect(await trial([leg(payer, away, 51n)])).toMatchObject({
    transfer: { status: 'rejected', rejection: { code: 'balance_limit_exceeded' } },
  });
  expect(await seqs()).toEqual(before);
});

it('accounts are frozen, limited and closed under keys; a closed one takes nothing more', async () => {
  const { intake, reader } = cluster.ledger;
  const { tenant } = cluster;
  const [payer, payee] = await three(1);
  const change = (over: object, account = payer.id, name = key()) =>
    intake.changeAccount({ tenant, key: name, account, change: over }, TEST_ORIGIN);
  const hold = await put({ key: key(), legs: [leg(payer, payee, 500n)], hold: {} });
  expect(await change({ status: 'frozen' })).toMatchObject({ kind: 'changed', replayed: false });
  expect((await put({ key: key(), legs: [leg(payer, payee, 1n)] })).rejection).toMatchObject({
    code: 'account_frozen',
  });
  expect(
    ended(await intake.capture({ tenant, key: key(), hold: hold.id, final: true }, TEST_ORIGIN)).status,
  ).toBe('posted');
  const name = key();
  expect(await change({ status: 'closed' }, payer.id, name)).toMatchObject({
    rejection: { code: 'account_not_empty' },
  });
  await change({ status: 'open', minBalance: null, metadata: { a: 'b' } });
  await put({ key: key(), legs: [leg(payer, payee, 9_500n)] });
  await change({ reviewDebits: true });
  expect(await change({ status: 'closed' }, payer.id, name)).toMatchObject({
    rejection: { code: 'account_not_empty' },
    replayed: true,
  });
  await change({ status: 'closed' });
  expect(await reader.account(tenant, payer.id)).toMatchObject({
    status: 'closed',
    reviewDebits: true,
    minBalance: null,
    metadata: { a: 'b' },
  });
  expect((await put({ key: key(), legs: [leg(payee, payer, 1n)] })).rejection).toMatchObject({
    code: 'account_closed',
  });
});

it('P4: a reference names one account of the tenant, however many ask at once', async () => {
  const { intake } = cluster.ledger;
  const { tenant } = cluster;
  const open = (name: string, reference: string) =>
    intake.openAccount({ tenant, key: name, asset: CZK, limits: {}, reference }, TEST_ORIGIN);
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => open(`ref ${n}`, 'merchants:acme:main')),
  );
  expect(answers.filter(({ kind }) => kind === 'opened')).toHaveLength(1);
  for (const answer of answers) {
    if (answer.kind === 'refused') expect(answer.rejection.code).toBe('reference_taken');
  }
  const winner = answers.findIndex(({ kind }) => kind === 'opened');
  expect(await open(`ref ${winner}`, 'merchants:acme:main')).toMatchObject({
    kind: 'opened',
    replayed: true,
  });
});

it('a key can be looked up, and burnt while it has no effect', async () => {
  const { intake } = cluster.ledger;
  const { tenant } = cluster;
  const [payer, payee] = await three();
  const [unused, used] = [key(), key()];
  expect(await intake.lookUpKey(tenant, unused)).toEqual({ kind: 'unused' });
  const paid = await put({ key: used, legs: [leg(payer, payee, 1n)] });
  expect(await intake.lookUpKey(tenant, used)).toMatchObject({
    kind: 'used',
    subject: paid.id,
    effect: true,
  });
  expect(await intake.burnKey(tenant, used, TEST_ORIGIN)).toMatchObject({ kind: 'used', effect: true });
  expect(await intake.burnKey(tenant, unused, TEST_ORIGIN)).toMatchObject({ kind: 'burnt' });
  const refused = await intake.transfer({ tenant, key: unused, legs: [leg(payer, payee, 1n)] }, TEST_ORIGIN, {
    waitMs: 0,
  });
  expect(refused).toMatchObject({ kind: 'refused', rejection: { code: 'idempotency_key_reused' } });
});

it('several assets, each balanced; the rate of a pair holds to the minor unit', async () => {
  const { intake } = cluster.ledger;
  const { tenant } = cluster;
  const group = 'fx';
  const open = async (name: string, code: string) => {
    const request = {
      tenant,
      key: name,
      asset: code as typeof CZK,
      limits: { minBalance: null },
      placementGroup: group,
    };
    const answer = await intake.openAccount(request, TEST_ORIGIN);
    if (answer.kind !== 'opened') throw new Error(JSON.stringify(answer));
    return answer.account;
  };
  const [eur, eurDesk, czk, czkDesk] = await Promise.all([
    open('eur', 'EUR/2'),
    open('eur desk', 'EUR/2'),
    open('czk', 'CZK/2'),
    open('czk desk', 'CZK/2'),
  ]);
  const exchange = (amount: bigint) =>
    put({
      key: key(),
      legs: [
        { debit: eur.id, credit: eurDesk.id, amount: 1_001n, asset: eur.asset },
        { debit: czkDesk.id, credit: czk.id, amount, asset: czk.asset },
      ],
      details: { fx: [{ sell: 0, buy: 1, rate: '25.415', rounding: 'half_even' }], reference: 'order 7' },
    });
  // 10.01 × 25.415 = 254.40415
  expect(await exchange(25_440n)).toMatchObject({ status: 'posted', details: { reference: 'order 7' } });
  await expect(exchange(25_441n)).rejects.toThrow('fx_rate_mismatch');
});
