import type { LedgerEvent } from '../domain/event.js';
import { occurrenceIdOf, type TransferId } from '../domain/ids.js';
import type { ScheduleState } from '../domain/schedule.js';
import type { ScheduleCreated } from '../domain/schedule-event.js';
import type { NextOccurrence, PastOccurrence, ScheduleView } from './schedule-views.js';
import type { TimedEvent } from './transfer-view.js';
import type { TransferView } from './views.js';

/** As it was made. */
export function createdViewOf({ event, time }: TimedEvent): ScheduleView {
  const created = asCreated(event);
  const { schedule: id, tenant, terms, rule, missed, next } = created;
  return {
    id,
    tenant,
    status: 'active',
    terms,
    ...(rule === undefined ? {} : { rule }),
    missed,
    createdAt: time,
    settled: 0,
    next: nextOf(created, 1, next),
  };
}

/** As its cancel left it. */
export function canceledViewOf(created: TimedEvent, { event, time }: TimedEvent): ScheduleView {
  if (event.type !== 'schedule.canceled') throw new Error(`${event.type} cancels no schedule`);
  const { next: _, ...view } = createdViewOf(created);
  return { ...view, status: 'canceled', settled: event.settled, canceledAt: time };
}

/** As it is now. */
export function scheduleViewOf(
  created: TimedEvent,
  state: ScheduleState & { canceled: boolean },
): ScheduleView {
  const { next: _, ...view } = createdViewOf(created);
  const { settled, next, canceled } = state;
  if (next === undefined) return { ...view, settled, status: canceled ? 'canceled' : 'ended' };
  return { ...view, settled, next: nextOf(asCreated(created.event), settled + 1, next) };
}

/** What became of occurrences, from the events that are linked to their schedule, and of the transfers that they made. */
export const occurrencesOf = (
  events: readonly TimedEvent[],
  transfers: ReadonlyMap<TransferId, TransferView>,
): PastOccurrence[] =>
  events.flatMap(({ event, time }): PastOccurrence[] => {
    if (event.type === 'schedule.skipped') {
      const { first, last, due } = event;
      return [{ first, last, due, skippedAt: time }];
    }
    const made = event.type === 'schedule.fired' ? transfers.get(event.fired) : undefined;
    if (event.type !== 'schedule.fired' || made === undefined) return [];
    const { occurrence: number, due, fired: transfer } = event;
    const { status, rejection } = made;
    const refused = rejection === undefined ? {} : { rejection };
    return [{ number, due, transfer, firedAt: time, status, legs: made.legs, ...refused }];
  });

const nextOf = ({ tenant, schedule }: ScheduleCreated, number: number, due: string): NextOccurrence => ({
  number,
  due,
  transfer: occurrenceIdOf(tenant, schedule, number),
});

function asCreated(event: LedgerEvent): ScheduleCreated {
  if (event.type !== 'schedule.created') throw new Error(`${event.type} makes no schedule`);
  return event;
}
