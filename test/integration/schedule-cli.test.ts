import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScheduleId } from '../../src/domain/ids.js';
import type { AccountView } from '../../src/routing/views.js';
import { Scheduler } from '../../src/saga/scheduler.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { operatorCli, withoutShard } from '../support/operator-cli.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

/** Schedules from the command line: what is to come is listed in its order, and called off once. */
let cluster: SagaCluster;
let monthly: ScheduleId;
let once: ScheduleId;
let fired: ScheduleId;
let from: AccountView;
let to: AccountView;
const schedule = operatorCli(() => cluster.shards, 'schedule');

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
const termsOf = (debit: AccountView, credit: AccountView) => ({
  legs: [{ debit: debit.id, credit: credit.id, amount: 100_050n, asset: CZK }],
});
async function inAdvance(key: string, debit: AccountView, credit: AccountView, at: string) {
  const request = { tenant: cluster.tenant, key, terms: termsOf(debit, credit), at };
  const answer = await cluster.ledger.intake.transferAt(request, TEST_ORIGIN);
  if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
  const { scheduled } = answer.transfer;
  if (scheduled === undefined) throw new Error('not scheduled');
  return scheduled.schedule;
}

beforeAll(async () => {
  cluster = await startSagaCluster(2);
  const { intake } = cluster.ledger;
  const { tenant } = cluster;
  [from, to] = [await cluster.open('from', 0), await cluster.open('to', 1)];
  const rule = {
    rrule: 'FREQ=MONTHLY;BYMONTHDAY=1',
    timeZone: 'Europe/Prague',
    startsAt: '2099-01-15T08:00:00.000Z',
  };
  const made = await intake.schedule(
    { tenant, key: 'monthly', terms: { ...termsOf(from, to), hold: {} }, rule, missed: 'skip' },
    TEST_ORIGIN,
  );
  if (made.kind === 'refused') throw new Error(JSON.stringify(made));
  monthly = made.schedule.id;
  once = await inAdvance('once', to, from, inSeconds(3_600));
  const broke = await cluster.open('broke', 0, { minBalance: 0n });
  fired = await inAdvance('fired', broke, from, inSeconds(1));
  const errors: unknown[] = [];
  const scheduler = new Scheduler({
    pool: cluster.ledger.pools.at(0),
    carryOut: (due) => intake.carryOutDue(due),
    onError: (error) => errors.push(error),
  });
  await until('one has been carried out', async () => (await scheduler.pass()) > 0);
  expect(errors).toEqual([]);
});
afterAll(async () => {
  await cluster.startRelays();
  await until('the journal is complete', async () => (await cluster.audit()).clean);
  await cluster.close();
});

describe('saldo schedule', { timeout: 240_000 }, () => {
  it('lists what is due, the soonest first, and shows what a schedule did', async () => {
    const listed = await schedule('list');
    expect(listed).toMatchObject({ status: 0, err: '' });
    expect(listed.out).toContain('active schedules: 2');
    expect(listed.out.indexOf(once)).toBeLessThan(listed.out.indexOf(monthly));
    expect(listed.out).toContain(`1000.50 CZK from ${from.id} to ${to.id}`);
    expect(listed.out).toMatch(
      /FREQ=MONTHLY;BYMONTHDAY=1 from \S+ in Europe\/Prague, missed ones are passed over: a hold/,
    );
    const all = JSON.parse((await schedule('list', '--status', 'all', '--json')).out);
    expect(all.schedules).toMatchObject([
      { tenant: 'acme', id: once, status: 'active', transfer: { legs: [{ amount: '1000.50' }] } },
      { id: monthly, status: 'active', rrule: 'FREQ=MONTHLY;BYMONTHDAY=1' },
      { id: fired, status: 'ended', settled: 1 },
    ]);
    expect((await schedule('list', '--limit', '1')).out).toContain('and 1 more, due later: list them with');
    const shown = await schedule('show', fired);
    expect(shown).toMatchObject({ status: 0, err: '' });
    expect(shown.out).toMatch(/number 1 of 20\S+: tr_[0-9a-f]{32} rejected: .* \(insufficient_funds\)/);
    expect((await schedule('show', monthly)).out).toMatch(/then 20\S+, 20\S+, 20\S+, 20\S+\n/);
  });

  it('cancels once; the same command gets the same answer, another is refused', async () => {
    const first = await schedule('cancel', once, '--as', 'jana', '--json');
    expect(first).toMatchObject({ status: 0, err: '' });
    const told = JSON.parse(first.out);
    expect(told).toMatchObject({ replayed: false, schedule: { id: once, status: 'canceled', settled: 0 } });
    const again = await schedule('cancel', once, '--as', 'jana', '--json');
    expect(JSON.parse(again.out)).toEqual({ ...told, replayed: true });
    expect((await schedule('cancel', once, '--key', told.key)).out).toContain('by this key before');
    const refused = await schedule('cancel', once, '--as', 'petr');
    expect(refused).toMatchObject({ status: 1, err: '' });
    expect(refused.out).toContain('(schedule_over)');
    expect((await schedule('show', once)).out).toMatch(/canceled at 20/);
    expect((await schedule('cancel', fired)).status).toBe(1);
  });

  it('says what is wrong in a sentence, and which shard does not answer', async () => {
    const partly = operatorCli(() => cluster.shards, 'schedule', withoutShard(cluster.shards, 1));
    const listed = await partly('list');
    expect(listed.status).toBe(2);
    expect(listed.out).toContain(monthly);
    expect(listed.out).toContain('shard 1 does not answer');
    const unknown = `sch_${'0'.repeat(32)}`;
    for (const [args, error] of [
      [['cancel', unknown], `there is no schedule ${unknown}`],
      [['show', 'nonsense'], 'sch_ and 32 hexadecimal digits'],
      [['list', '--status', 'lost'], 'Allowed choices are active, ended, canceled, all'],
    ] as const) {
      const answer = await schedule(...args);
      expect([args, answer.status, answer.out]).toEqual([args, 2, '']);
      expect(answer.err).toContain(error);
    }
  });
});
