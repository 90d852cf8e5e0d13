import { occurrenceAfter } from '../../calendar/rule.js';
import type { TransferTerms } from '../../domain/schedule.js';
import type { PastOccurrence, ScheduleView } from '../../routing/schedule-views.js';
import { problemOf, renderDetails, renderLegs } from './transfers.js';

/** How many due times are shown of those to come. */
const UPCOMING = 5;

/** A schedule without what changes by itself from one reading to the next: of a command's answer, and in lists. */
export const renderSchedule = ({
  id,
  status,
  rule,
  missed,
  terms,
  settled,
  next,
  ...view
}: ScheduleView) => ({
  id,
  status,
  ...(rule === undefined
    ? {}
    : { rrule: rule.rrule, time_zone: rule.timeZone, starts_at: rule.startsAt, missed }),
  transfer: renderTerms(terms),
  settled,
  ...(next === undefined ? {} : { next }),
  created_at: view.createdAt,
  ...(view.canceledAt === undefined ? {} : { canceled_at: view.canceledAt }),
});

/** With the due times to come and its latest occurrences. */
export const renderWhole = (schedule: ScheduleView) => ({
  ...renderSchedule(schedule),
  upcoming: upcoming(schedule),
  occurrences: (schedule.occurrences ?? []).map(renderOccurrence),
});

/** One that was carried out, or some that were passed over. */
export function renderOccurrence(past: PastOccurrence) {
  if ('skippedAt' in past) {
    const { first, last, due, skippedAt } = past;
    return { first, last, due, skipped_at: skippedAt };
  }
  const { number, due, transfer, firedAt, status, legs, rejection } = past;
  const refused = rejection === undefined ? {} : { rejection: problemOf({ legs }, rejection) };
  return { number, due, fired_at: firedAt, transfer, status, ...refused };
}

/** As a request has it. */
const renderTerms = ({ legs, details, upTo, hold, review }: TransferTerms) => ({
  legs: renderLegs(legs),
  ...renderDetails(details),
  ...(upTo === true ? { up_to: true } : {}),
  ...(hold === undefined ? {} : { hold: true }),
  ...(hold?.expiresAt === undefined ? {} : { expires_at: hold.expiresAt }),
  ...(review === undefined ? {} : { review }),
});

function upcoming({ rule, next }: ScheduleView): string[] {
  const times: string[] = [];
  let due = next?.due;
  for (let number = next?.number ?? 0; due !== undefined && times.length < UPCOMING; number += 1) {
    times.push(due);
    due = rule && occurrenceAfter(rule, number, due);
  }
  return times;
}
