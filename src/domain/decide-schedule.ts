import { malformed } from './admission.js';
import { bucketRefusal, claimRefusal, freshClaim } from './claim-refusal.js';
import type { FireOccurrence, ScheduleCommand } from './command.js';
import { decideTransfer, rejected } from './decide-transfer.js';
import type { LedgerEvent } from './event.js';
import { occurrenceIdOf } from './ids.js';
import { already, type Decision, decided, refuse, repeat } from './outcome.js';
import type { Rejection } from './rejections.js';
import type { ScheduleState } from './schedule.js';
import type { CancelSchedule, CreateSchedule, SkipOccurrences } from './schedule-command.js';
import type { LedgerView } from './state.js';

/**
 * Transfers asked for in advance. Which occurrence is due when, is worked out elsewhere, by calendar and clock; here an
 * occurrence is carried out once: its number is the last one's and one, and its transfer and the schedule's advance are
 * one commit. So a cancel comes before an occurrence or after it, never between it and its effect.
 */
export function decideSchedule(state: LedgerView, command: ScheduleCommand, nextSeq: number): Decision {
  switch (command.kind) {
    case 'schedule':
      return create(state, command, nextSeq);
    case 'fire':
      return fire(state, command, nextSeq);
    case 'skip':
      return skip(state, command, nextSeq);
    case 'unschedule':
      return cancel(state, command, nextSeq);
  }
}

function create(state: LedgerView, command: CreateSchedule, nextSeq: number): Decision {
  const { tenant, schedule, terms, rule, missed, next, claim } = command;
  const refusal = claimRefusal(state, claim) ?? bucketRefusal(state, schedule);
  if (refusal !== undefined) return refuse(refusal);
  const known = state.schedule(schedule);
  if (known !== undefined) return known.tenant === tenant ? already(known.seq) : refuse(notFound);
  // Somebody saw to it that nothing ever comes of the key.
  if (state.transfer(occurrenceIdOf(tenant, schedule, 1)) !== undefined)
    return refuse({ code: 'transfer_canceled' });
  const ill = malformed(terms.legs);
  if (ill !== undefined) return refuse(ill);
  const fresh = freshClaim(state, claim);
  const when = rule === undefined ? { missed, next } : { rule, missed, next };
  const event = { type: 'schedule.created', tenant, schedule, terms, ...when, ...fresh } as const;
  return decided([event], nextSeq, { result: 'done' });
}

function fire(state: LedgerView, command: FireOccurrence, nextSeq: number): Decision {
  const { tenant, schedule, occurrence, due, next, transfer } = command;
  const known = ownedOf(state, command);
  if (known === undefined) return refuse(notFound);
  const fired = occurrenceIdOf(tenant, schedule, occurrence);
  const { details } = transfer;
  const isIts =
    transfer.transfer === fired &&
    transfer.tenant === tenant &&
    details?.occurrence?.schedule === schedule &&
    details.occurrence.number === occurrence;
  const refusal = advanceRefusal(known, occurrence, due, next);
  if (refusal !== undefined) return refuse(refusal);
  if (!isIts) return refuse(outOfOrder);
  const ill = malformed(transfer.legs);
  if (ill !== undefined) return refuse(ill);
  const decision = decideTransfer(state, transfer, nextSeq);
  const { outcome } = decision;
  // Nobody waits for the answer: what a caller would have been refused is recorded, and the schedule goes on.
  const events: readonly LedgerEvent[] =
    outcome.kind === 'refused' && state.transfer(fired) === undefined
      ? [rejected(transfer, outcome.rejection, {})]
      : decision.events;
  const rejection = outcome.rejection === undefined ? {} : { rejection: outcome.rejection };
  const result = outcome.kind === 'refused' ? 'rejected' : outcome.result;
  const advance = { type: 'schedule.fired', tenant, schedule, occurrence, due, fired } as const;
  return decided([...events, next === undefined ? advance : { ...advance, next }], nextSeq, {
    result,
    ...rejection,
  });
}

function skip(state: LedgerView, command: SkipOccurrences, nextSeq: number): Decision {
  const { tenant, schedule, first, last, due, next } = command;
  const known = ownedOf(state, command);
  if (known === undefined) return refuse(notFound);
  const refusal = advanceRefusal(known, first, due, next);
  if (refusal !== undefined) return refuse(refusal);
  if (last < first) return refuse(outOfOrder);
  const event = { type: 'schedule.skipped', tenant, schedule, first, last, due } as const;
  return decided([next === undefined ? event : { ...event, next }], nextSeq, { result: 'done' });
}

/** Ends it before its next occurrence. One that is over refuses, for ever, so nothing is recorded of that. */
function cancel(state: LedgerView, command: CancelSchedule, nextSeq: number): Decision {
  const { tenant, operation, schedule, claim } = command;
  const reused = claimRefusal(state, claim);
  if (reused !== undefined) return refuse(reused);
  const before = state.transfer(operation);
  if (before !== undefined && before.tenant !== tenant) return refuse({ code: 'transfer_not_found' });
  if (before?.first !== undefined) return repeat(before.first);
  if (before !== undefined) return refuse({ code: 'transfer_canceled' });
  const known = ownedOf(state, command);
  if (known === undefined) return refuse(notFound);
  const { settled, once, next } = known;
  if (next === undefined) return refuse({ code: 'schedule_over' });
  const fresh = freshClaim(state, claim);
  const off = once ? { calledOff: occurrenceIdOf(tenant, schedule, 1) } : {};
  const common = { tenant, schedule, transfer: operation, settled, ...off } as const;
  return decided([{ type: 'schedule.canceled', ...common, ...fresh }], nextSeq, { result: 'done' });
}

const notFound: Rejection = { code: 'schedule_not_found' };
const outOfOrder: Rejection = { code: 'not_the_next_occurrence' };

function ownedOf(
  state: LedgerView,
  { tenant, schedule }: Exclude<ScheduleCommand, CreateSchedule>,
): ScheduleState | undefined {
  const known = state.schedule(schedule);
  return known?.tenant === tenant ? known : undefined;
}

/** Numbers go up by one, and times up. Both are of one form, so texts compare as the times do. */
function advanceRefusal(
  known: ScheduleState,
  number: number,
  due: string,
  next: string | undefined,
): Rejection | undefined {
  if (known.next === undefined) return { code: 'schedule_over' };
  const isNext = number === known.settled + 1 && due === known.next;
  return isNext && (next === undefined || next > due) ? undefined : outOfOrder;
}
