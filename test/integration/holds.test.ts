import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Expiry } from '../../src/saga/expiry.js';
import { TEST_ORIGIN } from '../support/cluster.js';
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
