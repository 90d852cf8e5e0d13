import { afterAll, beforeAll, expect, it } from 'vitest';
import type { NewTransfer } from '../../src/intake/requests.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { ended, LedgerDesk, leg } from '../support/ledger-desk.js';
import type { SagaCluster } from '../support/saga-cluster.js';

let desk: LedgerDesk;
let cluster: SagaCluster;
const key = () => desk.key();
const three: LedgerDesk['three'] = (shard) => desk.three(shard);
const counters: LedgerDesk['counters'] = (account) => desk.counters(account);
const put: LedgerDesk['put'] = (request) => desk.put(request);

beforeAll(async () => {
  desk = await LedgerDesk.open();
  cluster = desk.cluster;
});
afterAll(() => desk.close());

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
