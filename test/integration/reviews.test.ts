import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketOf, keyDigest, type TransferId, transferIdOf } from '../../src/domain/ids.js';
import type { TransferAnswer, TransferTerms } from '../../src/intake/requests.js';
import { USUAL_REVIEW_RULES } from '../../src/intake/review-rules.js';
import { openLedger } from '../../src/main/ledger.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { Expiry } from '../../src/saga/expiry.js';
import { checkBooks } from '../support/check-books.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

/** P3, P4, P6 for transfers that wait for a person: what is set aside stays so until one decision, which stands. */
let cluster: SagaCluster;
let keys = 0;
const key = (): string => {
  keys += 1;
  return `k${keys}`;
};
const reviewRules = { ...USUAL_REVIEW_RULES, above: new Map([[CZK, 1_000n]]) };

beforeAll(async () => {
  cluster = await startSagaCluster(2, { reviewRules });
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
});
afterAll(async () => {
  for (const shard of [0, 1]) await checkBooks(cluster.shards.owner(shard));
  // P8: every row of every shard, the open reviews among them, is what the journal says.
  await until('the journal is complete', async () => (await cluster.audit()).clean);
  await cluster.close();
});

const accounts = (from = 0, to = 0) => Promise.all([cluster.open(key(), from), cluster.open(key(), to)]);
const terms = (debit: AccountView, credit: AccountView, amount = 100n): TransferTerms => ({
  legs: [{ debit: debit.id, credit: credit.id, amount, asset: CZK }],
});
const ask = (of: TransferTerms, asked = key()): Promise<TransferAnswer> =>
  cluster.ledger.intake.transfer({ tenant: cluster.tenant, key: asked, ...of }, TEST_ORIGIN, {
    waitMs: 20_000,
  });
const decide = (
  review: TransferId,
  decision: 'approve' | 'decline',
  asked = key(),
  ledger = cluster.ledger,
): Promise<TransferAnswer> =>
  ledger.intake.decide({ tenant: cluster.tenant, key: asked, review, decision, note: 'seen' }, TEST_ORIGIN);
const mark = (account: AccountView, reviewDebits = true) =>
  cluster.ledger.intake.changeAccount(
    { tenant: cluster.tenant, key: key(), account: account.id, change: { reviewDebits } },
    TEST_ORIGIN,
  );
const expire = (review: TransferId) =>
  cluster.ledger.router.submit(
    cluster.ledger.router.map.shardOf(review),
    { kind: 'expire_review', tenant: cluster.tenant, review },
    TEST_ORIGIN,
  );
/** Of a transfer that is in review with that deadline, as intake would have put it then. */
async function waitingSince(deadline: string, asked: string, from: AccountView, to: AccountView) {
  const { tenant, ledger } = cluster;
  const transfer = transferIdOf(bucketOf(from.id), keyDigest(tenant, 'client', asked));
  const { legs } = terms(from, to);
  const command = { kind: 'post', tenant, transfer, legs, review: { deadline } } as const;
  expect(await ledger.router.submit(0, command, TEST_ORIGIN)).toMatchObject({ result: 'done' });
  return transfer;
}
function transferOf(answer: TransferAnswer): TransferView {
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  return answer.transfer;
}
const counters = async ({ id }: AccountView) => {
  const found = await cluster.ledger.reader.account(cluster.tenant, id);
  const { debitsPosted, creditsPosted, debitsPending, creditsPending } = found?.counters ?? {};
  return [debitsPosted, creditsPosted, debitsPending, creditsPending];
};
const now = (id: TransferId) => cluster.ledger.reader.transfer(cluster.tenant, id);
const waiting = (id: TransferId, status: TransferView['status']) =>
  until(`${id} is ${status}`, async () => (await now(id))?.status === status);

/** What asks for a review: the account's mark, the amount, and the caller. */
const WAYS: Record<string, (from: AccountView, to: AccountView) => Promise<TransferTerms>> = {
  account: async (from, to) => {
    await mark(from);
    return terms(from, to);
  },
  amount: async (from, to) => terms(from, to, 1_001n),
  requested: async (from, to) => ({ ...terms(from, to), review: true }),
};

describe('a transfer in review', () => {
  it.each(Object.keys(WAYS))('is set aside and answered 202 until it is approved (%s)', async (code) => {
    const [from, to] = await accounts();
    const of = await WAYS[code]?.(from, to);
    if (of === undefined) throw new Error(code);
    const amount = of.legs[0]?.amount ?? 0n;
    const asked = key();
    const first = await ask(of, asked);
    expect(first).toMatchObject({
      kind: 'processing',
      transfer: { status: 'review', review: { reason: { code } } },
    });
    expect(await ask(of, asked)).toMatchObject({ kind: 'processing', replayed: true });
    expect(await counters(from)).toEqual([0n, 0n, amount, 0n]);
    expect(await counters(to)).toEqual([0n, 0n, 0n, amount]);
    const { id } = transferOf(first);
    const listed = await cluster.ledger.reader.reviews(cluster.tenant, { limit: 1_000 });
    expect(listed.filter(({ transfer }) => transfer.id === id)).toHaveLength(1);

    const approval = key();
    const approved = await decide(id, 'approve', approval);
    expect(transferOf(approved)).toMatchObject({
      status: 'posted',
      review: { decision: 'approved', note: 'seen' },
    });
    expect(await counters(from)).toEqual([amount, 0n, 0n, 0n]);
    expect(await counters(to)).toEqual([0n, amount, 0n, 0n]);
    // The same decision again gets its answer again, and so does, from now on, whoever asked for the transfer.
    expect(await decide(id, 'approve', approval)).toEqual({ ...approved, replayed: true });
    const repeated = await ask(of, asked);
    expect(repeated).toMatchObject({ kind: 'ended', replayed: true, transfer: { status: 'posted' } });
    expect(await decide(id, 'decline')).toMatchObject({
      kind: 'refused',
      rejection: { code: 'review_decided' },
    });
    expect(await ask(of, asked)).toEqual(repeated);
    expect(await cluster.ledger.reader.reviews(cluster.tenant, { limit: 1_000 })).not.toContainEqual(
      expect.objectContaining({ transfer: expect.objectContaining({ id }) }),
    );
  });

  it('that is declined, or that nobody decides about, is rejected and its funds are free', async () => {
    for (const [end, code] of [
      ['decline', 'review_declined'],
      ['expire', 'review_expired'],
    ] as const) {
      for (const shards of [
        [0, 0],
        [0, 1],
      ] as const) {
        const [from, to] = await accounts(...shards);
        const of = { ...terms(from, to), review: true };
        const asked = key();
        const { id } = transferOf(await ask(of, asked));
        expect(await counters(from)).toEqual([0n, 0n, 100n, 0n]);
        if (end === 'expire') expect(await expire(id)).toMatchObject({ result: 'done' });
        else expect(transferOf(await decide(id, 'decline'))).toMatchObject({ status: 'rejected' });
        expect(await counters(from)).toEqual([0n, 0n, 0n, 0n]);
        expect(await counters(to)).toEqual([0n, 0n, 0n, 0n]);
        expect(await ask(of, asked)).toMatchObject({
          kind: 'ended',
          transfer: { status: 'rejected', rejection: { code } },
        });
        expect(await decide(id, 'approve')).toMatchObject({ rejection: { code: 'review_decided' } });
        expect(await expire(id)).toMatchObject({ rejection: { code: 'review_decided' } });
      }
    }
  });

  it('P9: is rejected by itself when its deadline has passed, once, whoever looks; a decision that came first stands', async () => {
    const [from, to] = await accounts();
    await mark(from);
    const { router, pools } = cluster.ledger;
    const { rows } = await cluster.shards.owner(0).query('SELECT clock_timestamp() AS now');
    const past = new Date(rows[0].now.getTime() - 1_000).toISOString();
    const asked = await Promise.all(
      Array.from({ length: 12 }, () => {
        const operation = key();
        return waitingSince(past, operation, from, to);
      }),
    );
    const onError = (error: unknown): never => {
      throw error;
    };
    const expiries = [1, 2].map(() => new Expiry({ shard: 0, router, pool: pools.at(0), onError }));
    await Promise.all([
      ...asked.slice(0, 6).map((id) => decide(id, 'approve').catch(() => undefined)),
      ...expiries.map((expiry) => expiry.pass()),
    ]);
    expect(await expiries[0]?.pass()).toBe(0);
    const ends = await Promise.all(asked.map(async (id) => (await now(id))?.status));
    expect(ends.slice(6)).toEqual(Array(6).fill('rejected'));
    const posted = ends.filter((status) => status === 'posted').length;
    expect(ends.filter((status) => status === 'rejected')).toHaveLength(12 - posted);
    expect(await counters(to)).toEqual([0n, 100n * BigInt(posted), 0n, 0n]);
  });

  it('across shards is carried on by the saga once it is approved, with what was set aside', async () => {
    const [from, to] = await accounts(0, 1);
    await mark(from);
    const asked = key();
    const of = {
      ...terms(from, to),
      details: { metadata: { order: '7' }, effectiveAt: '2026-01-31T12:00:00.000Z' },
    };
    const first = await ask(of, asked);
    expect(first).toMatchObject({ kind: 'processing', transfer: { status: 'review', shards: [0, 1] } });
    const { id } = transferOf(first);
    expect(await counters(from)).toEqual([0n, 0n, 100n, 0n]);
    expect(await counters(to)).toEqual([0n, 0n, 0n, 0n]);
    expect(transferOf(await decide(id, 'approve'))).toMatchObject({ status: 'processing' });
    await waiting(id, 'posted');
    expect(await counters(from)).toEqual([100n, 0n, 0n, 0n]);
    expect(await counters(to)).toEqual([0n, 100n, 0n, 0n]);
    expect(await ask(of, asked)).toMatchObject({ kind: 'ended', transfer: { status: 'posted' } });
  });

  it('across shards waits for the mark of an account on another shard too', async () => {
    const [a, b] = await accounts(0, 1);
    const to = await cluster.open(key(), 0);
    await mark(b);
    const legs = [...terms(a, to).legs, ...terms(b, to).legs];
    expect(transferOf(await ask({ legs }))).toMatchObject({
      status: 'review',
      review: { reason: { code: 'account', account: b.id } },
    });
  });

  it('may be a hold: approved it can be captured, before that it can not', async () => {
    const [from, to] = await accounts();
    await mark(from);
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const { id } = transferOf(await ask({ ...terms(from, to), hold: { expiresAt } }));
    const capture = (asked: string) =>
      cluster.ledger.intake.capture(
        { tenant: cluster.tenant, key: asked, hold: id, final: true },
        TEST_ORIGIN,
      );
    const asked = key();
    expect(await capture(asked)).toMatchObject({ kind: 'refused', rejection: { code: 'in_review' } });
    expect(await counters(to)).toEqual([0n, 0n, 0n, 0n]);
    expect(transferOf(await decide(id, 'approve'))).toMatchObject({ status: 'held', expiresAt });
    // The account is still marked: what it held before is no new debit.
    expect(await capture(asked)).toMatchObject({ kind: 'ended', transfer: { status: 'posted' } });
    expect(await counters(from)).toEqual([100n, 0n, 0n, 0n]);
    expect(await now(id)).toMatchObject({ status: 'posted', hold: [{ remaining: 0n, captured: 100n }] });
  });

  it('needs what it sets aside, and nothing at its approval: not even a thawed account', async () => {
    const poor = await cluster.open(key(), 0, { minBalance: 0n });
    const to = await cluster.open(key(), 0, { maxBalance: 100n });
    expect(await ask({ ...terms(poor, to), review: true })).toMatchObject({
      transfer: { status: 'rejected', rejection: { code: 'insufficient_funds' } },
    });
    const from = await cluster.open(key(), 0);
    const { id } = transferOf(await ask({ ...terms(from, to), review: true }));
    // The room that it takes is taken.
    expect(transferOf(await ask(terms(from, to, 1n)))).toMatchObject({
      rejection: { code: 'balance_limit_exceeded' },
    });
    const { tenant } = cluster;
    const freeze = { tenant, key: key(), account: from.id, change: { status: 'frozen' as const } };
    await cluster.ledger.intake.changeAccount(freeze, TEST_ORIGIN);
    expect(transferOf(await decide(id, 'approve'))).toMatchObject({ status: 'posted' });
  });

  it('can not be one of a linked batch; of any other it waits alone', async () => {
    const [from, to] = await accounts();
    const items = [terms(from, to), { ...terms(from, to), review: true }];
    const batch = (linked: boolean) =>
      cluster.ledger.intake.transferBatch(
        { tenant: cluster.tenant, key: key(), items, linked },
        TEST_ORIGIN,
        {
          waitMs: 0,
        },
      );
    expect(await batch(true)).toMatchObject([
      { transfer: { rejection: { code: 'linked_failed' } } },
      { transfer: { rejection: { code: 'review_required', index: 1 } } },
    ]);
    expect(await batch(false)).toMatchObject([
      { transfer: { status: 'posted' } },
      { transfer: { status: 'review' } },
    ]);
  });

  it('is decided once, however many decide at the same moment from several nodes', async () => {
    const { name, shardUrls, controlUrl } = cluster.shards;
    const other = await openLedger({ cluster: name, shardUrls, controlUrl });
    try {
      for (let round = 0; round < 8; round += 1) {
        const [from, to] = await accounts();
        const { id } = transferOf(await ask({ ...terms(from, to), review: true }));
        const answers = await Promise.all([
          decide(id, 'approve'),
          decide(id, 'decline', key(), other),
          decide(id, 'decline'),
          decide(id, 'approve', key(), other),
        ]);
        const taken = answers.filter(({ kind }) => kind === 'ended');
        expect(taken).toHaveLength(1);
        const status = transferOf(taken[0] as TransferAnswer).status;
        expect((await now(id))?.status).toBe(status);
        const moved = status === 'posted' ? 100n : 0n;
        expect(await counters(from)).toEqual([moved, 0n, 0n, 0n]);
      }
    } finally {
      await other.close();
    }
  });
});
