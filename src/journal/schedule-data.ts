import type { Claim } from '../domain/claim.js';
import type { ScheduleId, TenantId, TransferId } from '../domain/ids.js';
import type { CalendarRule, TransferTerms } from '../domain/schedule.js';
import type { ScheduleEvent } from '../domain/schedule-event.js';
import { claimOf, detailsOf, legOf } from './decode-data.js';
import { claimData, detailsData, legData } from './encode-parts.js';
import type { Data } from './event-data.js';

/** A schedule's events as docs/journal-format.md has their `data`, and back. */
export function scheduleData(event: ScheduleEvent): Record<string, unknown> {
  const { schedule } = event;
  switch (event.type) {
    case 'schedule.created': {
      const { terms, rule, missed, next, claim } = event;
      const { legs, details, upTo: up_to, hold, review } = terms;
      return {
        schedule,
        terms: {
          ...detailsData(details),
          up_to,
          hold: hold === undefined ? undefined : { expires_at: hold.expiresAt },
          review,
          legs: legs.map(legData),
        },
        rule: rule && { rrule: rule.rrule, time_zone: rule.timeZone, starts_at: rule.startsAt },
        missed,
        next,
        claim: claimData(claim),
      };
    }
    case 'schedule.fired': {
      const { occurrence: number, due, fired, next } = event;
      return { schedule, number, due, fired, next };
    }
    case 'schedule.skipped': {
      const { first, last, due, next } = event;
      return { schedule, first, last, due, next };
    }
    case 'schedule.canceled': {
      const { transfer, settled, calledOff: called_off, claim } = event;
      return { transfer, schedule, settled, called_off, claim: claimData(claim) };
    }
  }
}

export function scheduleEventOf(type: ScheduleEvent['type'], tenant: TenantId, data: Data): ScheduleEvent {
  const of = { tenant, schedule: data.schedule as ScheduleId };
  const claim: { claim?: Claim } = data.claim === undefined ? {} : { claim: claimOf(data.claim, tenant) };
  const next = data.next === undefined ? {} : { next: data.next };
  const due = data.due ?? '';
  switch (type) {
    case 'schedule.created': {
      const { missed = 'fire', next: first = '' } = data;
      return { type, ...of, terms: termsOf(data), ...ruleOf(data), missed, next: first, ...claim };
    }
    case 'schedule.fired': {
      const fired = data.fired as TransferId;
      return { type, ...of, occurrence: data.number ?? 0, due, fired, ...next };
    }
    case 'schedule.skipped':
      return { type, ...of, first: data.first ?? 0, last: data.last ?? 0, due, ...next };
    case 'schedule.canceled': {
      const transfer = data.transfer as TransferId;
      const off = data.called_off === undefined ? {} : { calledOff: data.called_off as TransferId };
      return { type, ...of, transfer, settled: data.settled ?? 0, ...off, ...claim };
    }
  }
}

function termsOf({ terms }: Data): TransferTerms {
  const { legs = [], up_to: upTo, hold, review, ...rest } = terms ?? {};
  const expires = hold?.expires_at === undefined ? {} : { expiresAt: hold.expires_at };
  return {
    legs: legs.map(legOf),
    ...detailsOf(rest),
    ...(upTo === undefined ? {} : { upTo }),
    ...(hold === undefined ? {} : { hold: expires }),
    ...(review === undefined ? {} : { review }),
  };
}

function ruleOf({ rule }: Data): { rule?: CalendarRule } {
  if (rule === undefined) return {};
  const { rrule, time_zone: timeZone, starts_at: startsAt } = rule;
  return { rule: { rrule, timeZone, startsAt } };
}
