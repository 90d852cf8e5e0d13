import { describe, expect, it } from 'vitest';
import type { EventData, JournalEvent } from '../../src/audit/journal-event.js';
import { occurrenceId, Schedules } from '../../src/audit/schedules.js';
import { occurrenceIdOf, scheduleIdOf, tenantId } from '../../src/domain/ids.js';

/** P8: the auditor finds what is wrong with a schedule by its own reading, whatever wrote it. */
const TENANT = tenantId('acme');
const ID = scheduleIdOf(7, 'a'.repeat(32));
const LEG = {
  debit: `acc_${'1'.repeat(32)}`,
  credit: `acc_${'2'.repeat(32)}`,
  amount: '100',
  asset: 'CZK/2',
};
const day = (n: number): string => `2026-01-0${n}T09:00:00.000Z`;
const its = (n: number): string => occurrenceIdOf(TENANT, ID, n);

let seq = 0;
function event(type: string, data: EventData, more: Partial<JournalEvent> = {}): JournalEvent {
  seq += 1;
  const place = {
    id: `0-${seq}`,
    source: '',
    subject: '',
    shard: '0',
    sequence: `${seq}`,
    prev: '',
    cluster: 'c',
  };
  const common = { time: day(9), schemaversion: 1, tenant: TENANT, actor: 'system:schedule' };
  return { ...place, ...common, type: `saldo.${type}`, data, ...more };
}
const created = event('schedule.created', {
  schedule: ID,
  terms: { legs: [LEG] },
  rule: { rrule: 'FREQ=DAILY' },
  next: day(1),
});
const posted = (n: number, data: EventData = {}) =>
  event('transfer.posted', {
    transfer: its(n),
    occurrence: { schedule: ID, number: n },
    legs: [LEG],
    ...data,
  });
const fired = (n: number, data: EventData = {}, more: Partial<JournalEvent> = {}) =>
  event(
    'schedule.fired',
    { schedule: ID, number: n, due: day(n), fired: its(n), next: day(n + 1), ...data },
    more,
  );
const skipped = (first: number, last: number) =>
  event('schedule.skipped', { schedule: ID, first, last, due: day(first), next: day(last + 1) });

/** What is said of the last of the events; those before must be in order. */
function verdict(...events: readonly JournalEvent[]): string | undefined {
  const audit = new Schedules();
  const said = events.map((one) => audit.see(one));
  expect(said.slice(0, -1).filter((one) => one !== undefined)).toEqual([]);
  return said.at(-1)?.join(' / ');
}

describe('the audit of schedules', () => {
  it('has nothing against occurrences in order, passed over, and a cancel', () => {
    const cancel = event('schedule.canceled', { schedule: ID, transfer: its(9), settled: 4 });
    expect(verdict(created, posted(1), fired(1), skipped(2, 3), posted(4), fired(4), cancel)).toBeUndefined();
  });

  it('makes the same ids as the ledger, by itself', () => {
    expect(occurrenceId(TENANT, ID, 3)).toBe(its(3));
  });

  it.each([
    ['an occurrence twice', [posted(1), fired(1), posted(1), fired(1)], /number of an occurrence/],
    ['one left out', [posted(2), fired(2)], /number of an occurrence/],
    ['another time than announced', [posted(1), fired(1, { due: day(2) })], /time of an occurrence/],
    ['a time that goes back', [posted(1), fired(1, { next: day(1) })], /time of the next/],
    ["a transfer of another key's", [posted(1), fired(1, { fired: its(2) })], /system's key/],
    ['an advance without its transfer', [fired(1)], /event before/],
    ['a transfer without its advance', [posted(1), skipped(1, 1)], /event after an occurrence/],
    ['another amount', [posted(1, { legs: [{ ...LEG, amount: '101' }] }), fired(1)], /amounts/],
    ['another account', [posted(1, { legs: [{ ...LEG, credit: LEG.debit }] }), fired(1)], /legs/],
    ["a client's hand", [posted(1), fired(1, {}, { actor: 'key:demo' })], /actor/],
    ['another tenant', [fired(1, {}, { tenant: 'other' })], /schedule/],
    [
      'one after the cancel',
      [event('schedule.canceled', { schedule: ID, settled: 0 }), posted(1), fired(1)],
      /not over/,
    ],
    [
      'a cancel that miscounts',
      [event('schedule.canceled', { schedule: ID, settled: 1 })],
      /before the cancel/,
    ],
    ['made twice', [created], /made once/],
  ] as const)('finds: %s', (_, events, what) => {
    expect(verdict(created, ...events)).toMatch(what);
  });
});
