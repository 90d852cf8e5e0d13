import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TransferId } from '../../src/domain/ids.js';
import type { AccountView } from '../../src/routing/views.js';
import { readOpenIntents } from '../../src/storage/statements/read-open-intents.js';
import { checkBooks } from '../support/check-books.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

const SHARDS = 3;
let cluster: SagaCluster;
/** One account on each shard: may go below zero. */
let rich: AccountView[];

beforeAll(async () => {
  cluster = await startSagaCluster(SHARDS);
  cluster.startWorker();
  cluster.startPumps();
  rich = await Promise.all([0, 1, 2].map((shard) => cluster.open(`rich ${shard}`, shard)));
});
afterAll(async () => {
  for (let shard = 0; shard < SHARDS; shard += 1) await checkBooks(cluster.shards.owner(shard));
  await cluster.close();
});

const on = (shard: number): AccountView => {
  const account = rich[shard];
  if (account === undefined) throw new RangeError(`shard ${shard}`);
  return account;
};
const balance = async ({ id }: AccountView): Promise<bigint> => {
  const counters = (await cluster.ledger.reader.account(cluster.tenant, id))?.counters;
  if (counters === undefined) throw new Error('no such account');
  expect([counters.debitsPending, counters.creditsPending]).toEqual([0n, 0n]);
  return counters.creditsPosted - counters.debitsPosted;
};

describe('P6: a transfer across shards', () => {
  it('is posted everywhere, and a repeat answers the same', async () => {
    const to = await cluster.open('receiver', 1);
    const first = await cluster.move('plain', on(0), to, 250n);
    expect(first).toMatchObject({ status: 'posted', shards: [0, 1] });
    expect(await balance(to)).toBe(250n);
    expect(await cluster.move('plain', on(0), to, 250n)).toEqual(first);
    expect(await balance(to)).toBe(250n);
  });

  it('with legs on three shards is posted on all of them', async () => {
    const [a, b, c] = await Promise.all([0, 1, 2].map((shard) => cluster.open(`three ${shard}`, shard)));
    if (a === undefined || b === undefined || c === undefined) throw new Error('not opened');
    const legs = [
      { debit: a.id, credit: b.id, amount: 5n, asset: CZK },
      { debit: b.id, credit: c.id, amount: 7n, asset: CZK },
      { debit: a.id, credit: c.id, amount: 11n, asset: CZK },
    ];
    const { tenant, ledger } = cluster;
    const answer = await ledger.intake.transfer({ tenant, key: 'three', legs }, TEST_ORIGIN, {
      waitMs: 30_000,
    });
    expect(answer).toMatchObject({ kind: 'ended', transfer: { status: 'posted', shards: [0, 1, 2] } });
    expect(await Promise.all([a, b, c].map(balance))).toEqual([-16n, -2n, 18n]);
  });

  it('that the coordinator refuses ends there, recorded', async () => {
    const poor = await cluster.open('poor', 0, { minBalance: 0n });
    const ended = await cluster.move('poor', poor, on(1), 1n);
    expect(ended).toMatchObject({ status: 'rejected', rejection: { code: 'insufficient_funds' } });
    expect(await cluster.move('poor', poor, on(1), 1n)).toEqual(ended);
  });

  it('that a participant refuses is canceled everywhere, and says why', async () => {
    const poor = await cluster.open('poor participant', 1, { minBalance: 0n });
    const [a, c] = [await cluster.open('payer', 0), await cluster.open('payee', 2)];
    const legs = [
      { debit: a.id, credit: c.id, amount: 40n, asset: CZK },
      { debit: poor.id, credit: c.id, amount: 1n, asset: CZK },
    ];
    const { tenant, ledger } = cluster;
    const answer = await ledger.intake.transfer({ tenant, key: 'refused', legs }, TEST_ORIGIN, {
      waitMs: 30_000,
    });
    const reason = {
      code: 'rejected',
      shard: 1,
      rejection: { code: 'insufficient_funds', account: poor.id },
    };
    expect(answer).toMatchObject({ kind: 'ended', transfer: { status: 'rejected', reason } });
    expect(await Promise.all([a, poor, c].map(balance))).toEqual([0n, 0n, 0n]);
  });

  it('that the pivot refuses is canceled everywhere', async () => {
    const full = await cluster.open('full', 1, { maxBalance: 10n });
    const payer = await cluster.open('payer of the full', 0);
    const ended = await cluster.move('too much', payer, full, 11n);
    expect(ended).toMatchObject({ status: 'rejected', reason: { code: 'rejected', shard: 1 } });
    expect(ended.rejection).toMatchObject({ code: 'balance_limit_exceeded' });
    expect(await Promise.all([payer, full].map(balance))).toEqual([0n, 0n]);
  });

  it('that is canceled at the pivot first can not go forward any more, and the saga ends it', async () => {
    const other = await startSagaCluster(2);
    const [from, to] = [await other.open('from', 0), await other.open('to', 1)];
    const open = await other.move('tombstone', from, to, 5n, 0);
    expect(open.status).toBe('processing');
    const cancel = {
      kind: 'cancel',
      tenant: other.tenant,
      transfer: open.id,
      coordinator: 0,
      reason: { code: 'operator' },
    } as const;
    const tombstone = await other.ledger.router.submit(1, cancel, TEST_ORIGIN);
    expect(tombstone).toMatchObject({ kind: 'recorded', result: 'tombstone' });
    other.startWorker();
    other.startPumps();
    const ended = await other.move('tombstone', from, to, 5n);
    expect(ended).toMatchObject({ status: 'canceled', reason: { code: 'operator' } });
    await checkBooks(other.shards.owner(0));
    await other.close();
  });

  it('whose deadline has passed before anybody took it up is canceled', async () => {
    const late = await startSagaCluster(2, { sagaDeadlineMs: 1 });
    const [from, to] = [await late.open('from', 0), await late.open('to', 1)];
    await late.move('late', from, to, 5n, 0);
    late.startWorker();
    late.startPumps();
    expect(await late.move('late', from, to, 5n)).toMatchObject({
      status: 'canceled',
      reason: { code: 'deadline' },
    });
    await late.close();
  });

  it('that was accepted while nobody could carry it on waits, durably, and is posted when somebody can', async () => {
    const idle = await startSagaCluster(2);
    const [from, to] = [await idle.open('from', 0), await idle.open('to', 1)];
    const open = await Promise.all(Array.from({ length: 40 }, (_, i) => idle.move(`w${i}`, from, to, 1n, 0)));
    expect(new Set(open.map(({ status }) => status))).toEqual(new Set(['processing']));
    const pool = idle.ledger.pools.at(0);
    expect((await readOpenIntents(pool, 100)).intents).toHaveLength(40);
    idle.startWorker();
    idle.startPumps();
    await until('all have ended', async () => (await readOpenIntents(pool, 100)).intents.length === 0);
    const account = await idle.ledger.reader.account(idle.tenant, to.id);
    expect(account?.counters.creditsPosted).toBe(40n);
    await idle.close();
  });

  it('carried by two workflows at once has one effect', async () => {
    const twice = await startSagaCluster(2);
    const [from, to] = [await twice.open('from', 0), await twice.open('to', 1)];
    const open = await Promise.all(
      Array.from({ length: 20 }, (_, i) => twice.move(`k${i}`, from, to, 3n, 0)),
    );
    const items = open.map(({ id }) => ({ transfer: id as string }));
    const { steps } = twice.ledger;
    const carry = async (): Promise<void> => {
      await steps.carryOut('pivot', { shard: 1, coordinator: 0, items });
      await steps.carryOut('confirm', { shard: 0, coordinator: 0, items });
    };
    twice.startWorker();
    twice.startPumps();
    await Promise.all([carry(), carry(), ...open.map(({ id }) => ended(twice, id))]);
    const account = await twice.ledger.reader.account(twice.tenant, to.id);
    expect(account?.counters.creditsPosted).toBe(60n);
    await checkBooks(twice.shards.owner(0));
    await checkBooks(twice.shards.owner(1));
    await twice.close();
  });

  it('that breaks by itself holds up none of its batch, and goes on when it is mended', async () => {
    const some = await startSagaCluster(2);
    const from = await some.open('from', 0);
    const [sound, sick] = [await some.open('sound', 1), await some.open('sick', 1)];
    const owner = some.shards.owner(1);
    await owner.query(`CREATE FUNCTION break() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE 'no such value' USING ERRCODE = '22000'; END $$`);
    await owner.query(`CREATE TRIGGER break BEFORE INSERT ON entries FOR EACH ROW
      WHEN (NEW.account = '${sick.id.slice(4)}') EXECUTE FUNCTION break()`);
    const moves = [sound, sick, sound, sound].map((to, i) =>
      some.move(`b${i}`, from, to, 1n, i === 1 ? 0 : 20_000),
    );
    some.startWorker();
    some.startPumps();
    const statuses = (await Promise.all(moves)).map(({ status }) => status);
    expect(statuses).toEqual(['posted', 'processing', 'posted', 'posted']);
    await owner.query('DROP TRIGGER break ON entries');
    expect((await some.move('b1', from, sick, 1n)).status).toBe('posted');
    await some.close();
  });

  it('refuses a late try after a tombstone', async () => {
    const [from, to] = [await cluster.open('late from', 0), await cluster.open('late to', 2)];
    const transfer = `tr_${from.id.slice(4, 7)}${'e'.repeat(29)}` as TransferId;
    const { router } = cluster.ledger;
    const { tenant } = cluster;
    const common = { tenant, transfer, coordinator: 0 } as const;
    await router.submit(2, { kind: 'cancel', ...common, reason: { code: 'deadline' } }, TEST_ORIGIN);
    const legs = [{ debit: to.id, credit: to.id, amount: 1n, asset: CZK }];
    for (const kind of ['try', 'pivot'] as const) {
      const answer = await router.submit(2, { kind, ...common, legs }, TEST_ORIGIN);
      expect(answer).toMatchObject({ kind: 'refused', rejection: { code: 'transfer_canceled' } });
    }
  });
});

async function ended({ ledger, tenant }: SagaCluster, id: TransferId): Promise<void> {
  await until(`${id} has ended`, async () => (await ledger.reader.transfer(tenant, id))?.status === 'posted');
}
