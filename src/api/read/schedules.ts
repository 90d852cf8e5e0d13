import { isTimeZone, ruleFault } from '../../calendar/rule.js';
import { isScheduleId, type ScheduleId } from '../../domain/ids.js';
import type { CalendarRule, Missed } from '../../domain/schedule.js';
import type { NewSchedule } from '../../intake/requests.js';
import type { SchedulePage, ScheduleStatus } from '../../routing/schedule-views.js';
import { occurrenceOfCursor, scheduleOfCursor } from '../cursor.js';
import type { Caller } from '../ports.js';
import { problem, refusal } from '../problem.js';
import { limitIn } from './limit.js';
import { instantIn } from './times.js';
import { type ItemBody, termsIn } from './transfers.js';

/** As the schema lets it through. */
export interface ScheduleBody {
  readonly rrule: string;
  readonly time_zone: string;
  readonly starts_at: string;
  readonly missed?: Missed;
  readonly transfer: ItemBody;
}
interface PageQuery {
  readonly cursor?: string;
  readonly limit?: string;
}
export type SchedulesQuery = PageQuery & { readonly status?: ScheduleStatus };
export type OccurrencesQuery = PageQuery;

export const scheduleRequest = ({ tenant }: Caller, key: string, body: ScheduleBody): NewSchedule => ({
  tenant,
  key,
  terms: termsIn(body.transfer, 'transfer/'),
  rule: ruleIn(body),
  missed: body.missed ?? 'fire',
});

function ruleIn({ rrule, time_zone: timeZone, starts_at }: ScheduleBody): CalendarRule {
  const startsAt = instantIn(starts_at, 'starts_at');
  if (!isTimeZone(timeZone)) throw problem('time_zone_unknown', { field: 'time_zone' });
  const rule = { rrule, timeZone, startsAt };
  const detail = ruleFault(rule);
  if (detail !== undefined) throw problem('rrule_malformed', { field: 'rrule', detail });
  return rule;
}

/** An id that can not be one of ours is simply not there. */
export function scheduleIdIn(text: string): ScheduleId {
  if (!isScheduleId(text)) throw refusal({ code: 'schedule_not_found' });
  return text;
}

export const schedulePage = ({ cursor, limit = '100', status }: SchedulesQuery): SchedulePage => ({
  limit: limitIn(limit),
  ...(cursor === undefined ? {} : { after: scheduleOfCursor(cursor) }),
  ...(status === undefined ? {} : { status }),
});

export const occurrencePage = ({ cursor, limit = '100' }: OccurrencesQuery) => ({
  limit: limitIn(limit),
  ...(cursor === undefined ? {} : { before: occurrenceOfCursor(cursor) }),
});
