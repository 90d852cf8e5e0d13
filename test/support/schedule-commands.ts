import fc from 'fast-check';
import type { Claim } from '../../src/domain/claim.js';
import type { Command, FireOccurrence } from '../../src/domain/command.js';
import {
  keyDigest,
  occurrenceIdOf,
  type ScheduleId,
  scheduleIdOf,
  type TenantId,
  type TransferId,
} from '../../src/domain/ids.js';
import type { CalendarRule } from '../../src/domain/schedule.js';
import { type Arb, often } from './arbitraries.js';

type Transfer = FireOccurrence['transfer'];

export interface ScheduleArbs {
  readonly tenant: Arb<TenantId>;
  readonly transfer: Arb<Transfer>;
  readonly operation: Arb<TransferId>;
  readonly claimed: <C extends { readonly tenant: TenantId }>(
    command: Arb<C>,
    subject: (made: C) => TransferId | ScheduleId,
  ) => Arb<C & { claim?: Claim }>;
}

/** On the 1st, 2nd, 3rd … of a month. */
const dueOf = (n: number): string => `2026-01-${String(n).padStart(2, '0')}T09:00:00.000Z`;
const RULE: CalendarRule = { rrule: 'FREQ=DAILY', timeZone: 'Europe/Prague', startsAt: dueOf(1) };

/** Few schedules and low numbers, so that occurrences come in order often, and often not. */
const schedule: Arb<ScheduleId> = fc.oneof(
  often(
    12,
    fc
      .integer({ min: 0, max: 2 })
      .map((n) => scheduleIdOf(n, keyDigest('acme' as TenantId, 'client', `s ${n}`))),
  ),
  // On another shard.
  often(1, fc.constant(scheduleIdOf(4095, keyDigest('acme' as TenantId, 'client', 's away')))),
);
const number = fc.constantFrom(1, 1, 1, 2, 2, 3, 4);
/** When the next one is due, after the occurrence `n`: mostly the day after. */
const nextOf = (n: number): Arb<{ readonly next?: string }> =>
  fc.oneof(
    often(8, fc.constant({ next: dueOf(n + 1) })),
    often(2, fc.constant({})),
    often(1, fc.constant({ next: dueOf(n) })),
  );
/** What the caller takes the time of the occurrence `n` to be: a day off either way now and then. */
const dueAt = (n: number): Arb<string> =>
  fc.oneof(
    often(8, fc.constant(dueOf(n))),
    often(2, fc.constantFrom(dueOf(n + 1), dueOf(Math.max(1, n - 1)))),
  );

export function scheduleCommands({ tenant, transfer, operation, claimed }: ScheduleArbs): Arb<Command> {
  const create = claimed(
    fc.record({ tenant, schedule, once: fc.boolean(), terms: transfer }).map(({ once, terms, ...rest }) => ({
      kind: 'schedule' as const,
      ...rest,
      terms: { legs: terms.legs },
      missed: 'fire' as const,
      next: dueOf(1),
      ...(once ? {} : { rule: RULE }),
    })),
    (made) => made.schedule,
  );
  const fire = fc
    .record({ tenant, schedule, number, transfer, off: fc.nat(12) })
    .chain(({ tenant: owner, schedule: id, number: n, transfer: { claim: _, ...made }, off }) => {
      const occurrence = { schedule: id, number: off === 0 ? n + 1 : n };
      const its: Transfer = {
        ...made,
        tenant: owner,
        transfer: occurrenceIdOf(owner, id, off === 1 ? n + 1 : n),
        details: { ...made.details, occurrence },
      };
      return fc.tuple(dueAt(n), nextOf(n)).map(([due, next]) => ({
        kind: 'fire' as const,
        tenant: owner,
        schedule: id,
        occurrence: n,
        due,
        ...next,
        transfer: its,
      }));
    });
  const skip = fc
    .record({ tenant, schedule, first: number, more: fc.constantFrom(0, 0, 0, 0, 1, 2, -1) })
    .chain(({ more, ...rest }) =>
      fc.tuple(dueAt(rest.first), nextOf(rest.first + more)).map(([due, next]) => ({
        kind: 'skip' as const,
        ...rest,
        last: rest.first + more,
        due,
        ...next,
      })),
    );
  const cancel = claimed(
    fc.record({ kind: fc.constant('unschedule' as const), tenant, operation, schedule }),
    (made) => made.operation,
  );
  /** As the burning of a key does it. */
  const burn = fc.record({ tenant, schedule }).map(({ tenant: owner, schedule: id }) => ({
    kind: 'cancel' as const,
    tenant: owner,
    transfer: occurrenceIdOf(owner, id, 1),
    coordinator: 0,
    reason: { code: 'operator' as const },
    unlessBegun: true,
  }));
  return fc.oneof(often(5, create), often(11, fire), often(7, skip), often(5, cancel), often(1, burn));
}
