import { rejectionProblem } from '../api/problem.js';
import { renderSchedule, renderWhole } from '../api/render/schedules.js';
import type { ScheduleId } from '../domain/ids.js';
import type { ScheduleAnswer } from '../intake/requests.js';
import type { Listing } from '../routing/answering.js';
import type { PastOccurrence, ScheduleView } from '../routing/schedule-views.js';
import { legLines, missingJson, missingLines, sentenceOf, textOf } from './operator-report.js';

/** Schedules as the API has them: amounts are decimal strings. */
export const schedulesJson = (listing: Listing<ScheduleView>) => ({
  schedules: listing.items.map((one) => ({ tenant: one.tenant, ...renderSchedule(one) })),
  ...missingJson(listing),
});

export function renderSchedules(listing: Listing<ScheduleView>, which: string): string {
  const { items, more } = listing;
  const lines = items.flatMap((one) => [
    `  ${one.id}  ${one.tenant}  ${nextOf(one)}`,
    `    ${ruleOf(one)}`,
    ...legLines(one.terms.legs),
  ]);
  const name = which === 'all' ? 'schedules' : `${which} schedules`;
  return textOf(`${name}: ${items.length + more}`, ...lines, ...missingLines(listing, 'due later'));
}

export const toldScheduleJson = (schedule: ScheduleView) => ({
  tenant: schedule.tenant,
  ...renderWhole(schedule),
});

export function renderToldSchedule(schedule: ScheduleView): string {
  const { id, tenant, status, createdAt, settled, terms, occurrences = [] } = schedule;
  const { upcoming } = renderWhole(schedule);
  return textOf(
    `${id}  ${status}`,
    `tenant ${tenant}, made ${createdAt}, occurrences so far: ${settled}`,
    `  ${ruleOf(schedule)}`,
    ...legLines(terms.legs),
    `  ${nextOf(schedule)}`,
    ...(upcoming.length > 1 ? [`  then ${upcoming.slice(1).join(', ')}`] : []),
    ...occurrences.map(occurrenceLine),
  );
}

export const canceledJson = (schedule: ScheduleId, key: string, answer: ScheduleAnswer) => ({
  key,
  replayed: answer.replayed ?? false,
  ...(answer.kind === 'refused'
    ? { id: schedule, refused: rejectionProblem(answer.rejection, undefined) }
    : { schedule: renderSchedule(answer.schedule) }),
});

export function renderCanceled(schedule: ScheduleId, key: string, answer: ScheduleAnswer): string {
  if (answer.kind === 'refused') {
    return textOf(`${schedule} is not canceled: ${sentenceOf(answer.rejection)}`, `  key ${key}`);
  }
  const when = answer.replayed ? 'was canceled by this key before' : 'is canceled';
  return textOf(`${schedule} ${when}, occurrences so far: ${answer.schedule.settled}`, `  key ${key}`);
}

function nextOf({ status, next, canceledAt }: ScheduleView): string {
  if (next !== undefined) return `number ${next.number} is due at ${next.due} as ${next.transfer}`;
  return canceledAt === undefined ? status : `${status} at ${canceledAt}`;
}

function ruleOf({ rule, missed, terms: { hold, upTo, review } }: ScheduleView): string {
  const when = rule === undefined ? 'once' : `${rule.rrule} from ${rule.startsAt} in ${rule.timeZone}`;
  const late = missed === 'skip' ? ', missed ones are passed over' : '';
  const kind = hold === undefined ? 'a transfer' : 'a hold';
  const terms = `${kind}${upTo === true ? ' of up to the amount' : ''}${review === true ? ' that waits for a review' : ''}`;
  return `${when}${late}: ${terms}`;
}

function occurrenceLine(past: PastOccurrence): string {
  if ('skippedAt' in past) {
    const { first, last, due, skippedAt } = past;
    const which = first === last ? `number ${first}` : `numbers ${first} to ${last}`;
    return `  ${which} of ${due}: passed over at ${skippedAt}`;
  }
  const { number, due, transfer, status, rejection } = past;
  const why = rejection === undefined ? '' : `: ${sentenceOf(rejection)}`;
  return `  number ${number} of ${due}: ${transfer} ${status}${why}`;
}
