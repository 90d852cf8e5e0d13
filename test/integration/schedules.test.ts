import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bucketOf, keyDigest, occurrenceIdOf, scheduleIdOf } from '../../src/domain/ids.js';
import type { Missed, TransferTerms } from '../../src/domain/schedule.js';
import type { TransferAnswer } from '../../src/intake/requests.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { Scheduler } from '../../src/saga/scheduler.js';
import { checkBooks } from '../support/check-books.js';
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
  for (const shard of [0, 1]) await checkBooks(cluster.shards.owner(shard));
  // P8: every row of every shard, schedules among them, is what the journal says.
  await until('the journal is complete', async () => (await cluster.audit()).clean);
  await cluster.close();
});

const two = (from = 0, to = 0) => Promise.all([cluster.open(key(), from), cluster.open(key(), to)]);
const terms = (debit: AccountView, credit: AccountView, amount = 100n): TransferTerms => ({
  legs: [{ debit: debit.id, credit: credit.id, amount, asset: CZK }],
});
const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
const schedulerOf = (shard: number, errors: unknown[] = []): Scheduler =>
  new Scheduler({
    pool: cluster.ledger.pools.at(shard),
    carryOut: (due) => cluster.ledger.intake.carryOutDue(due),
    onError: (error) => errors.push(error),
  });
/** Carries out what is due until nothing is, by several at once. */
async function drain(shard: number, schedulers = 1): Promise<void> {
  const errors: unknown[] = [];
  const all = Array.from({ length: schedulers }, () => schedulerOf(shard, errors));
  for (let found = 1; found > 0; ) {
    const done = await Promise.all(all.map((one) => one.pass()));
    found = done.reduce((sum, count) => sum + count, 0);
  }
  expect(errors).toEqual([]);
}
const balanceOf = async ({ id }: AccountView): Promise<bigint | undefined> => {
  const account = await cluster.ledger.reader.account(cluster.tenant, id);
  return account && account.counters.creditsPosted - account.counters.debitsPosted;
};
function transferOf(answer: TransferAnswer): TransferView {
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  return answer.transfer;
}

/** A schedule whose first occurrence is past already: as it is found when all was down for a while. */
async function late(shard: number, minutes: number, count: number, missed: Missed, of: TransferTerms) {
  const { tenant } = cluster;
  const [leg] = of.legs;
  if (leg === undefined) throw new Error('no leg');
  const startsAt = new Date(Math.floor(Date.now() / 60_000) * 60_000 - minutes * 60_000).toISOString();
  const schedule = scheduleIdOf(bucketOf(leg.debit), keyDigest(tenant, 'client', key()));
  const rule = { rrule: `FREQ=MINUTELY;COUNT=${count}`, timeZone: 'UTC', startsAt };
  const command = { kind: 'schedule', tenant, schedule, terms: of, rule, missed, next: startsAt } as const;
  expect(await cluster.ledger.router.submit(shard, command, TEST_ORIGIN)).toMatchObject({ result: 'done' });
  return schedule;
}

describe('a transfer asked for in advance', () => {
  it('has its id from the start, is scheduled until its time, and then is what it became', async () => {
    const { intake, reader } = cluster.ledger;
    const { tenant } = cluster;
    const [from, to] = await two();
    const request = { tenant, key: key(), terms: terms(from, to), at: inSeconds(1) };
    const answer = await intake.transferAt(request, TEST_ORIGIN);
    const asked = transferOf(answer);
    expect(answer.kind).toBe('processing');
    expect(asked).toMatchObject({ status: 'scheduled', scheduled: { for: request.at } });
    expect(await reader.transfer(tenant, asked.id)).toEqual(asked);
    expect(await intake.transferAt(request, TEST_ORIGIN)).toEqual({ ...answer, replayed: true });
    const later = { ...request, key: key(), at: inSeconds(3_600) };
    const { id: notYet } = transferOf(await intake.transferAt(later, TEST_ORIGIN));

    await until('it is due', async () => (await schedulerOf(0).pass()) > 0);
    expect(await balanceOf(to)).toBe(100n);
    expect((await reader.transfer(tenant, notYet))?.status).toBe('scheduled');
    const { schedule } = asked.scheduled ?? {};
    expect(await reader.transfer(tenant, asked.id)).toMatchObject({
      status: 'posted',
      scheduled: asked.scheduled,
      createdAt: asked.createdAt,
      details: { occurrence: { schedule, number: 1 } },
    });
    // P4: the answer is open until the transfer has ended, and then the same for ever, though its time is past.
    const ended = await intake.transferAt(request, TEST_ORIGIN);
    expect(ended).toMatchObject({ kind: 'ended', transfer: { status: 'posted' }, replayed: true });
    await drain(0, 2);
    const reversal = { tenant, key: key(), original: asked.id };
    expect(transferOf(await intake.reverse(reversal, TEST_ORIGIN)).status).toBe('posted');
    expect(await reader.transfer(tenant, asked.id)).toHaveProperty('reversals');
    expect(await intake.transferAt(request, TEST_ORIGIN)).toEqual(ended);
    await cluster.move(key(), from, to, 100n);
    expect(await balanceOf(to)).toBe(100n);
  });

  it('can be canceled before its time, not after', async () => {
    const { intake, reader } = cluster.ledger;
    const { tenant } = cluster;
    const [from, to] = await two();
    const request = { tenant, key: key(), terms: terms(from, to), at: inSeconds(1) };
    const asked = transferOf(await intake.transferAt(request, TEST_ORIGIN));
    const schedule = asked.scheduled?.schedule;
    if (schedule === undefined) throw new Error('not scheduled');
    const cancel = { tenant, key: key(), schedule };
    const canceled = await intake.cancelScheduledTransfer(cancel, TEST_ORIGIN);
    expect(transferOf(canceled)).toMatchObject({ id: asked.id, status: 'canceled' });
    expect(await reader.transfer(tenant, asked.id)).toEqual(transferOf(canceled));
    expect(await intake.cancelScheduledTransfer(cancel, TEST_ORIGIN)).toEqual({
      ...canceled,
      replayed: true,
    });
    // P4: and that is the answer to whoever asked for it.
    expect(await intake.transferAt(request, TEST_ORIGIN)).toEqual({ ...canceled, replayed: true });
    expect(await intake.cancelSchedule({ ...cancel, key: key() }, TEST_ORIGIN)).toMatchObject({
      rejection: { code: 'schedule_over' },
    });
    await until('its time is past', () => Date.now() > Date.parse(asked.scheduled?.for ?? '') + 200);
    await drain(0);
    expect(await balanceOf(to)).toBe(0n);
  });

  it('across shards is started at its time, and the saga carries it on', async () => {
    const { intake, reader } = cluster.ledger;
    const { tenant } = cluster;
    const [from, to] = await two(0, 1);
    const request = { tenant, key: key(), terms: terms(from, to), at: inSeconds(0.5) };
    const { id } = transferOf(await intake.transferAt(request, TEST_ORIGIN));
    await until('it is due', async () => (await schedulerOf(0).pass()) > 0);
    await until('it is posted', async () => (await reader.transfer(tenant, id))?.status === 'posted');
    expect(await balanceOf(to)).toBe(100n);
  });

  it('is refused where it can never be, with nothing stored and the key free', async () => {
    const { intake } = cluster.ledger;
    const { tenant } = cluster;
    const [from, to] = await two();
    const request = { tenant, key: key(), terms: terms(from, to), at: inSeconds(-1) };
    const head = 'SELECT seq FROM head';
    const before = await cluster.shards.owner(0).query(head);
    const wrong = { ...from, id: occurrenceIdOf(tenant, scheduleIdOf(bucketOf(from.id), '0'.repeat(32)), 1) };
    const nobody = { ...from, id: `acc_${wrong.id.slice(3)}` as AccountView['id'] };
    for (const [asked, code] of [
      [request, 'schedule_in_past'],
      [{ ...request, at: inSeconds(60), terms: terms(from, nobody) }, 'account_not_found'],
    ] as const) {
      expect(await intake.transferAt(asked, TEST_ORIGIN)).toMatchObject({ rejection: { code } });
    }
    expect((await cluster.shards.owner(0).query(head)).rows).toEqual(before.rows);
    expect(await intake.lookUpKey(tenant, request.key)).toEqual({ kind: 'unused' });
  });
});

describe('P4, P9: occurrences that were missed', () => {
  it('are made up for one after the other, each once, whoever carries them out at the same time', async () => {
    const [from, to] = await two();
    const schedule = await late(0, 30, 12, 'fire', terms(from, to));
    await drain(0, 3);
    expect(await balanceOf(to)).toBe(1_200n);
    const { rows } = await cluster.shards
      .owner(0)
      .query<{ body: string }>(
        `SELECT body FROM events WHERE body LIKE '%"subject":"${schedule}"%' ORDER BY seq`,
      );
    const fired = rows.slice(1).map(({ body }) => JSON.parse(body).data);
    expect(fired.map(({ number }) => number)).toEqual(Array.from({ length: 12 }, (_, i) => i + 1));
    expect(fired.map(({ fired: id }) => id)).toEqual(
      fired.map(({ number }) => occurrenceIdOf(cluster.tenant, schedule, number)),
    );
    expect(fired.at(-1)).not.toHaveProperty('next');
  });

  it('are passed over where the schedule says so, and what is to come goes on', async () => {
    const [from, to] = await two();
    await late(0, 30, 12, 'skip', terms(from, to));
    await late(0, 5, 100, 'skip', terms(from, to));
    await drain(0, 2);
    // Of the second the latest one or two are not late enough to be missed.
    expect([100n, 200n]).toContain(await balanceOf(to));
  });

  it('go on after one that was refused', async () => {
    const bank = await cluster.open(key(), 0);
    const poor = await cluster.open(key(), 0, { minBalance: 0n });
    await cluster.move(key(), bank, poor, 250n);
    await late(0, 30, 4, 'fire', terms(poor, bank));
    await drain(0, 2);
    expect(await balanceOf(poor)).toBe(50n);
  });
});

describe('schedules as they are read', () => {
  it('show what became of each occurrence, page by page, and when they were canceled', async () => {
    const { intake, schedules } = cluster.ledger;
    const { tenant } = cluster;
    const bank = await cluster.open(key(), 0);
    const poor = await cluster.open(key(), 0, { minBalance: 0n });
    await cluster.move(key(), bank, poor, 250n);
    const id = await late(0, 30, 5, 'fire', terms(poor, bank));
    await drain(0);
    const whole = await schedules.schedule(tenant, id);
    expect(whole).toMatchObject({ status: 'ended', settled: 5, missed: 'fire' });
    expect(whole).not.toHaveProperty('next');
    const past = (whole?.occurrences ?? []).map((one) => ('number' in one ? [one.number, one.status] : []));
    expect(past).toEqual([
      [5, 'rejected'],
      [4, 'rejected'],
      [3, 'rejected'],
      [2, 'posted'],
      [1, 'posted'],
    ]);
    expect(whole?.occurrences?.[0]).toMatchObject({
      transfer: occurrenceIdOf(tenant, id, 5),
      rejection: { code: 'insufficient_funds' },
    });
    const pages = [];
    for (let next: number | undefined = Number.MAX_SAFE_INTEGER; next !== undefined; ) {
      const page = await schedules.occurrences(tenant, id, { before: next, limit: 2 });
      pages.push(...(page?.occurrences ?? []));
      next = page?.next;
    }
    expect(pages).toEqual(whole?.occurrences);

    const at = inSeconds(3_600);
    const rule = { rrule: 'FREQ=DAILY', timeZone: 'Europe/Prague', startsAt: at };
    const made = await intake.schedule(
      { tenant, key: key(), terms: terms(bank, poor), rule, missed: 'skip' },
      TEST_ORIGIN,
    );
    const once = transferOf(
      await intake.transferAt({ tenant, key: key(), terms: terms(bank, poor), at }, TEST_ORIGIN),
    ).scheduled?.schedule;
    if (made.kind === 'refused' || once === undefined) throw new Error('not scheduled');
    for (const schedule of [made.schedule.id, once]) {
      const before = await schedules.schedule(tenant, schedule);
      expect(before).toMatchObject({ status: 'active', settled: 0, next: { number: 1, due: at } });
      const answer = await intake.cancelSchedule({ tenant, key: key(), schedule }, TEST_ORIGIN);
      if (answer.kind === 'refused') throw new Error(answer.rejection.code);
      expect(answer.schedule).toMatchObject({ status: 'canceled', canceledAt: expect.any(String) });
      expect(await schedules.schedule(tenant, schedule)).toEqual({ ...answer.schedule, occurrences: [] });
    }
  });

  it('P10: are listed for their tenant alone, from every shard in the order of their ids, by status', async () => {
    const { intake, schedules } = cluster.ledger;
    const { tenant } = cluster;
    for (const shard of [0, 1, 1]) {
      const [from, to] = await two(shard, shard);
      await intake.transferAt(
        { tenant, key: key(), terms: terms(from, to), at: inSeconds(3_600) },
        TEST_ORIGIN,
      );
    }
    const all = await schedules.schedules(tenant, { limit: 1_000 });
    const ids = all.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)].sort());
    expect(new Set(ids.map((id) => cluster.ledger.facts.map.shardOf(id)))).toEqual(new Set([0, 1]));
    const paged = [];
    for (let page = await schedules.schedules(tenant, { limit: 2 }); page.length > 0; ) {
      paged.push(...page.map(({ id }) => id));
      const after = paged.at(-1);
      page = await schedules.schedules(tenant, after === undefined ? { limit: 0 } : { limit: 2, after });
    }
    expect(paged).toEqual(ids);
    for (const status of ['active', 'ended', 'canceled'] as const) {
      const some = await schedules.schedules(tenant, { limit: 1_000, status });
      expect(some).toEqual(all.filter((one) => one.status === status));
      expect(some.length).toBeGreaterThan(0);
    }
    const stranger = await cluster.shards.tenant('stranger', 'spread');
    expect(await schedules.schedules(stranger, { limit: 10 })).toEqual([]);
    const [id] = ids;
    if (id === undefined) throw new Error('none');
    expect(await schedules.schedule(stranger, id)).toBeUndefined();
    expect(await schedules.occurrences(stranger, id, { limit: 10 })).toBeUndefined();
    expect(
      await intake.cancelSchedule({ tenant: stranger, key: key(), schedule: id }, TEST_ORIGIN),
    ).toMatchObject({ rejection: { code: 'schedule_not_found' } });
  });
});
