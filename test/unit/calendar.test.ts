import { describe, expect, it } from 'vitest';
import {
  type Calendar,
  firstOccurrence,
  isTimeZone,
  occurrenceAfter,
  ruleFault,
} from '../../src/calendar/rule.js';

const PRAGUE = 'Europe/Prague';
const at = (time: string): string => new Date(time).toISOString();

/** The first `most` occurrences, as the ledger asks for them: one after the other. */
function occurrences(rrule: string, startsAt: string, timeZone = 'UTC', most = 4): string[] {
  const calendar: Calendar = { rrule, timeZone, startsAt: at(startsAt) };
  expect(ruleFault(calendar)).toBeUndefined();
  const found: string[] = [];
  let due = firstOccurrence(calendar);
  while (due !== undefined && found.length < most) {
    found.push(due);
    due = occurrenceAfter(calendar, found.length, due);
  }
  return found;
}

describe('the times of a rule', () => {
  it('are the same time of day on the wall on both sides of a change of the clock', () => {
    expect(occurrences('FREQ=DAILY', '2026-03-28T09:00:00+01:00', PRAGUE, 3)).toEqual(
      ['2026-03-28T09:00:00+01:00', '2026-03-29T09:00:00+02:00', '2026-03-30T09:00:00+02:00'].map(at),
    );
    expect(occurrences('FREQ=WEEKLY;BYDAY=SU', '2026-10-18T09:00:00+02:00', PRAGUE, 3)).toEqual(
      ['2026-10-18T09:00:00+02:00', '2026-10-25T09:00:00+01:00', '2026-11-01T09:00:00+01:00'].map(at),
    );
  });

  it('that the clock jumps over are left out, and those it shows twice come once (RFC 5545, 3.3.10)', () => {
    expect(occurrences('FREQ=DAILY', '2026-03-28T02:30:00+01:00', PRAGUE, 2)).toEqual(
      ['2026-03-28T02:30:00+01:00', '2026-03-30T02:30:00+02:00'].map(at),
    );
    expect(occurrences('FREQ=DAILY', '2026-10-24T02:30:00+02:00', PRAGUE, 3)).toEqual(
      ['2026-10-24T02:30:00+02:00', '2026-10-25T02:30:00+02:00', '2026-10-26T02:30:00+01:00'].map(at),
    );
  });

  it('on the 31st leave shorter months out; the last day of each month is -1', () => {
    expect(occurrences('FREQ=MONTHLY', '2026-01-31T09:00:00Z', 'UTC', 3)).toEqual(
      ['2026-01-31T09:00:00Z', '2026-03-31T09:00:00Z', '2026-05-31T09:00:00Z'].map(at),
    );
    expect(occurrences('FREQ=MONTHLY;BYMONTHDAY=-1', '2028-01-31T09:00:00Z', 'UTC', 4)).toEqual(
      ['2028-01-31T09:00:00Z', '2028-02-29T09:00:00Z', '2028-03-31T09:00:00Z', '2028-04-30T09:00:00Z'].map(
        at,
      ),
    );
    expect(occurrences('FREQ=DAILY;BYMONTH=2;BYMONTHDAY=29', '2096-03-01T00:00:00Z', 'UTC', 1)).toEqual([
      at('2104-02-29T00:00:00Z'),
    ]);
  });

  it('end with COUNT, with UNTIL, or never', () => {
    expect(occurrences('FREQ=DAILY;COUNT=3', '2026-01-01T09:00:00Z', 'UTC', 9)).toHaveLength(3);
    expect(occurrences('COUNT=2;FREQ=DAILY', '2026-01-01T09:00:00Z', 'UTC', 9)).toHaveLength(2);
    expect(occurrences('FREQ=DAILY;UNTIL=20260103T090000Z', '2026-01-01T09:00:00Z', 'UTC', 9)).toHaveLength(
      3,
    );
    expect(occurrences('FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', '2026-01-01T09:00:00Z')).toEqual([]);
    expect(occurrences('FREQ=YEARLY;INTERVAL=10000', '2026-01-01T09:00:00Z')).toHaveLength(1);
  });

  it('do not cost more the longer ago the first was', () => {
    const calendar = {
      rrule: 'FREQ=MINUTELY;COUNT=1000000',
      timeZone: 'UTC',
      startsAt: at('2020-01-01T00:00:00Z'),
    };
    expect(occurrenceAfter(calendar, 999_998, at('2021-11-25T10:37:00Z'))).toBe(at('2021-11-25T10:38:00Z'));
    expect(occurrenceAfter(calendar, 1_000_000, at('2021-11-25T10:39:00Z'))).toBeUndefined();
  });
});

describe('a rule that is refused', () => {
  const faultOf = (rrule: string) =>
    ruleFault({ rrule, timeZone: 'UTC', startsAt: at('2026-01-01T00:00:00Z') });
  it.each([
    ['FREQ=SECONDLY', /a minute apart/],
    ['FREQ=DAILY;BYSECOND=0,30', /a minute apart/],
    ['FREQ=OFTEN', /FREQ can not be "OFTEN"/],
    ['INTERVAL=2', /needs a FREQ/],
    ['FREQ=DAILY;FREQ=DAILY', /twice/],
    ['FREQ=DAILY;FOO=1', /"FOO" is not/],
    ['FREQ=DAILY;BYHOUR=25', /BYHOUR/],
    ['FREQ=DAILY;INTERVAL=0', /INTERVAL/],
    ['FREQ=DAILY;COUNT=0', /COUNT/],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101T000000Z', /COUNT or UNTIL/],
    ['FREQ=DAILY;UNTIL=20269902T000000Z', /month/i],
    ['FREQ=WEEKLY;BYMONTHDAY=3', /BYMONTHDAY/],
    ['FREQ=MONTHLY;BYDAY=54MO', /BYDAY/],
    ['freq=daily', /"freq" is not/],
    ['', /"" is not/],
    ['FREQ=DAILY\nDTSTART:20200101T000000Z', /FREQ can not be/],
  ])('%s', (rrule, fault) => {
    expect(faultOf(rrule)).toMatch(fault);
  });

  it('names zones by IANA', () => {
    expect([PRAGUE, 'UTC', 'America/Argentina/Buenos_Aires'].map(isTimeZone)).toEqual([true, true, true]);
    expect(['Nowhere/City', '+01:00', '', 'Europe/Prague]', '../etc'].map(isTimeZone)).not.toContain(true);
  });
});
