import { describe, expect, it } from 'vitest';
import { occurrenceCursor, scheduleCursor } from '../../src/api/cursor.js';
import {
  ALICE,
  askApi as ask,
  assetOf,
  BOB,
  SCHEDULE,
  scheduleView,
  TRANSFER,
  transferView,
} from '../support/api-harness.js';
import { apiStarter } from '../support/kept-apis.js';

/** Transfers in advance and schedules: as the ledger is asked, as it answers, and what is refused by which name. */
const start = apiStarter();
const CZK = assetOf('CZK');
const leg = { debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' };
const plain = { debit: ALICE, credit: BOB, amount: 1_234n, asset: CZK };
const AT = '2040-01-31T08:00:00.000Z';
const monthly = {
  rrule: 'FREQ=MONTHLY;BYMONTHDAY=-1',
  time_zone: 'Europe/Prague',
  starts_at: '2040-01-31T09:00:00+01:00',
  transfer: leg,
};
const refused = async (code: 'schedule_in_past' | 'schedule_never_fires') =>
  ({ kind: 'refused', rejection: { code } }) as const;

describe('a transfer asked for in advance', () => {
  it('is 202 with its id and time, and says when it is worth asking again', async () => {
    const api = await start();
    const answer = await ask(api, 'POST', '/v1/transfers', {
      ...leg,
      scheduled_at: '2040-01-31T09:00:00+01:00',
    });
    expect(answer.statusCode).toBe(202);
    expect(answer.headers).toMatchObject({
      location: `/v1/transfers/${TRANSFER}`,
      'retry-after': 'Tue, 31 Jan 2040 08:00:00 GMT',
    });
    expect(answer.json()).toMatchObject({
      status: 'scheduled',
      scheduled_at: AT,
      occurrence: { schedule: SCHEDULE, number: 1 },
    });
    expect(answer.json()).not.toHaveProperty('ended_at');
    expect(api.last('transferAt')[0]).toEqual({ tenant: 'shop', key: 'k', terms: { legs: [plain] }, at: AT });
  });

  it('is 201 once it is posted, and 409 once it is called off', async () => {
    const scheduled = { schedule: SCHEDULE, for: AT } as const;
    for (const [status, code] of [
      ['posted', 201],
      ['canceled', 409],
    ] as const) {
      const transfer = transferView({ status, scheduled });
      const api = await start({ transferAt: async () => ({ kind: 'ended', transfer, replayed: true }) });
      const answer = await ask(api, 'POST', '/v1/transfers', { ...leg, scheduled_at: AT });
      expect(answer.statusCode).toBe(code);
      expect(answer.headers['idempotent-replayed']).toBe('true');
    }
  });

  it('that can not be is refused by field, and nothing is asked of the ledger', async () => {
    const api = await start();
    for (const [more, code, field] of [
      [{ scheduled_at: 'tomorrow' }, 'time_malformed', 'scheduled_at'],
      [{ scheduled_at: AT, dry_run: true }, 'invalid_request', 'scheduled_at'],
      [{ scheduled_at: AT, hold: true, expires_at: AT }, 'invalid_request', 'expires_at'],
    ] as const) {
      const answer = await ask(api, 'POST', '/v1/transfers', { ...leg, ...more });
      expect([answer.statusCode, answer.json()]).toMatchObject([400, { code, field }]);
    }
    expect(api.asked).toEqual([]);
  });

  it('in the past is refused by field, and so is one in a batch', async () => {
    const api = await start({ transferAt: () => refused('schedule_in_past') });
    const late = await ask(api, 'POST', '/v1/transfers', { ...leg, scheduled_at: '2020-01-01T00:00:00Z' });
    expect(late.json()).toMatchObject({ code: 'schedule_in_past', field: 'scheduled_at' });
    const batch = await ask(api, 'POST', '/v1/transfers/batch', {
      transfers: [{ ...leg, scheduled_at: AT }],
    });
    expect(batch.json()).toMatchObject({ code: 'invalid_request', field: 'transfers/0/scheduled_at' });
  });

  it('is called off by its id; one that was never asked for in advance is not', async () => {
    const scheduled = transferView({ status: 'scheduled', scheduled: { schedule: SCHEDULE, for: AT } });
    const api = await start({ reader: { transfer: async () => scheduled } });
    const answer = await ask(api, 'POST', `/v1/transfers/${TRANSFER}/cancel`);
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { status: 'canceled' }]);
    expect(api.last('cancelScheduledTransfer')[0]).toEqual({ tenant: 'shop', key: 'k', schedule: SCHEDULE });
    const plainOne = await start();
    const refusal = await ask(plainOne, 'POST', `/v1/transfers/${TRANSFER}/cancel`);
    expect([refusal.statusCode, refusal.json()]).toMatchObject([409, { code: 'transfer_not_scheduled' }]);
    expect(plainOne.asked).toEqual([]);
  });
});

describe('a schedule', () => {
  it('carries its rule, times in UTC, and its transfer; missed occurrences fire unless it says skip', async () => {
    const api = await start();
    const answer = await ask(api, 'POST', '/v1/schedules', monthly);
    expect(answer.statusCode).toBe(201);
    expect(answer.headers['location']).toBe(`/v1/schedules/${SCHEDULE}`);
    const rule = { rrule: monthly.rrule, timeZone: 'Europe/Prague', startsAt: AT };
    expect(api.last('schedule')[0]).toEqual({
      tenant: 'shop',
      key: 'k',
      terms: { legs: [plain] },
      rule,
      missed: 'fire',
    });
    await ask(api, 'POST', '/v1/schedules', {
      ...monthly,
      missed: 'skip',
      transfer: { legs: [leg], hold: true },
    });
    expect(api.last('schedule')[0]).toMatchObject({ missed: 'skip', terms: { hold: {} } });
  });

  it('that can not be is refused by field, and nothing is asked of the ledger', async () => {
    const api = await start();
    for (const [wrong, code, field] of [
      [{ rrule: 'FREQ=SECONDLY' }, 'rrule_malformed', 'rrule'],
      [{ rrule: 'RRULE:FREQ=DAILY' }, 'rrule_malformed', 'rrule'],
      [{ rrule: 'FREQ=DAILY;COUNT=2;UNTIL=20400101T000000Z' }, 'rrule_malformed', 'rrule'],
      [{ time_zone: 'Europe/Atlantis' }, 'time_zone_unknown', 'time_zone'],
      [{ starts_at: 'soon' }, 'time_malformed', 'starts_at'],
      [{ missed: 'perhaps' }, 'invalid_request', 'missed'],
      [{ transfer: { ...leg, amount: '0' } }, 'amount_not_positive', 'transfer/amount'],
      [{ transfer: { legs: [leg, { ...leg, credit: ALICE }] } }, 'same_account', 'transfer/legs/1/credit'],
      [{ transfer: { ...leg, effective_at: AT } }, 'invalid_request', 'transfer/effective_at'],
      [{ transfer: { ...leg, hold: true, expires_at: AT } }, 'invalid_request', 'transfer/expires_at'],
    ] as const) {
      const answer = await ask(api, 'POST', '/v1/schedules', { ...monthly, ...wrong });
      expect([answer.statusCode, answer.json()], field).toMatchObject([400, { code, field }]);
    }
    expect(api.asked).toEqual([]);
  });

  it.each([
    ['schedule_in_past', 'starts_at'],
    ['schedule_never_fires', 'rrule'],
  ] as const)('%s names %s', async (code, field) => {
    const api = await start({ schedule: () => refused(code) });
    const answer = await ask(api, 'POST', '/v1/schedules', monthly);
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { code, field }]);
  });

  it('shows when it is due next by the clock on its wall, and what became of its occurrences', async () => {
    const next = { number: 3, due: '2040-03-31T07:00:00.000Z', transfer: TRANSFER };
    const api = await start({
      schedules: {
        schedule: async () =>
          scheduleView({
            settled: 2,
            next,
            occurrences: [
              { number: 2, due: AT, transfer: TRANSFER, firedAt: AT, status: 'posted', legs: [plain] },
              { first: 1, last: 1, due: AT, skippedAt: AT },
            ],
          }),
      },
    });
    const shown = (await ask(api, 'GET', `/v1/schedules/${SCHEDULE}`, undefined, '')).json();
    expect(shown).toMatchObject({ settled: 2, next, transfer: { legs: [{ amount: '12.34' }] } });
    // Summer time begins between the second and the third.
    expect(shown.upcoming).toEqual([
      '2040-03-31T07:00:00.000Z',
      '2040-04-30T07:00:00.000Z',
      '2040-05-31T07:00:00.000Z',
      '2040-06-30T07:00:00.000Z',
      '2040-07-31T07:00:00.000Z',
    ]);
    expect(shown.occurrences).toEqual([
      { number: 2, due: AT, fired_at: AT, transfer: TRANSFER, status: 'posted' },
      { first: 1, last: 1, due: AT, skipped_at: AT },
    ]);
  });

  it('shows no more due times than its rule has left', async () => {
    const rule = { rrule: 'FREQ=DAILY;COUNT=4', timeZone: 'UTC', startsAt: AT };
    const next = { number: 3, due: '2040-02-02T08:00:00.000Z', transfer: TRANSFER };
    const api = await start({ schedules: { schedule: async () => scheduleView({ rule, next }) } });
    const { upcoming } = (await ask(api, 'GET', `/v1/schedules/${SCHEDULE}`, undefined, '')).json();
    expect(upcoming).toEqual(['2040-02-02T08:00:00.000Z', '2040-02-03T08:00:00.000Z']);
  });

  it('that is not there, or can not be, is 404', async () => {
    const api = await start({
      schedules: { schedule: async () => undefined, occurrences: async () => undefined },
    });
    for (const id of [SCHEDULE, 'sch_1', TRANSFER]) {
      for (const path of [`/v1/schedules/${id}`, `/v1/schedules/${id}/occurrences`]) {
        const answer = await ask(api, 'GET', path, undefined, '');
        expect([answer.statusCode, answer.json()], path).toMatchObject([404, { code: 'schedule_not_found' }]);
      }
    }
  });

  it('is ended under a key', async () => {
    const api = await start();
    const answer = await ask(api, 'POST', `/v1/schedules/${SCHEDULE}/cancel`);
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { status: 'canceled' }]);
    expect(api.last('cancelSchedule')[0]).toEqual({ tenant: 'shop', key: 'k', schedule: SCHEDULE });
    const keyless = await ask(api, 'POST', `/v1/schedules/${SCHEDULE}/cancel`, undefined, '');
    expect(keyless.json()).toMatchObject({ code: 'idempotency_key_missing' });
  });
});

describe('pages', () => {
  it('of schedules go on after the last id, with one more asked for to know whether there is a next', async () => {
    const ids = ['a', 'b', 'c'].map((digit) => `sch_${digit.repeat(32)}` as typeof SCHEDULE);
    const pages: unknown[] = [];
    const api = await start({
      schedules: {
        schedules: async (_tenant, page) => {
          pages.push(page);
          return ids.map((id) => scheduleView({ id })).slice(0, page.limit);
        },
      },
    });
    const first = (await ask(api, 'GET', '/v1/schedules?limit=2&status=active', undefined, '')).json();
    expect(first.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(0, 2));
    expect(first.next_cursor).toBe(scheduleCursor(ids[1] ?? SCHEDULE));
    const rest = (
      await ask(api, 'GET', `/v1/schedules?limit=3&cursor=${first.next_cursor}`, undefined, '')
    ).json();
    expect(rest.next_cursor).toBeNull();
    expect(pages).toEqual([
      { limit: 3, status: 'active' },
      { limit: 4, after: ids[1] },
    ]);
  });

  it('of occurrences go on before the last one, and a cursor that is none is refused', async () => {
    const pages: unknown[] = [];
    const api = await start({
      schedules: {
        occurrences: async (_tenant, _id, page) => {
          pages.push(page);
          return { occurrences: [], next: 7 };
        },
      },
    });
    const url = `/v1/schedules/${SCHEDULE}/occurrences`;
    const { next_cursor: cursor } = (await ask(api, 'GET', `${url}?limit=1`, undefined, '')).json();
    expect(cursor).toBe(occurrenceCursor(7));
    await ask(api, 'GET', `${url}?cursor=${cursor}`, undefined, '');
    expect(pages).toEqual([{ limit: 1 }, { limit: 100, before: 7 }]);
    for (const path of [`${url}?cursor=x`, '/v1/schedules?cursor=x']) {
      expect((await ask(api, 'GET', path, undefined, '')).json()).toMatchObject({ field: 'cursor' });
    }
  });
});
