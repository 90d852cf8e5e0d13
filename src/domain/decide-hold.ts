import { existing } from './account.js';
import { refusalOf } from './admission.js';
import { claimRefusal, freshClaim } from './claim-refusal.js';
import type { CaptureHold, ExpireHold, HoldCommand, VoidHold } from './command.js';
import { entriesOf } from './entries.js';
import type { LedgerEvent } from './event.js';
import { freeing } from './freeing.js';
import type { TransferId } from './ids.js';
import { holdOf, type OpenHold } from './open-hold.js';
import { openInTransit } from './open-in-transit.js';
import { type Decision, decided, refuse, repeat } from './outcome.js';
import { moveParts, partsRefusal, remainingOf } from './parts.js';
import { legsOfParts, plannedAt } from './plan.js';
import { foremost, REJECTIONS, type Rejection } from './rejections.js';
import type { LedgerView } from './state.js';
import type { LocalLeg, Part, Plan } from './transfer.js';

/** What becomes of a hold. Its open part can be captured in any number of steps; a void or an expiry frees the rest. */
export function decideHold(state: LedgerView, command: HoldCommand, nextSeq: number): Decision {
  switch (command.kind) {
    case 'capture':
      return capture(state, command, nextSeq);
    case 'void':
      return voided(state, command, nextSeq);
    case 'expire':
      return expired(state, command, nextSeq);
  }
}

function capture(state: LedgerView, command: CaptureHold, nextSeq: number): Decision {
  const { tenant, transfer, claim, final } = command;
  const early = repeatOrRefusal(state, transfer, command);
  if (early !== undefined) return early;
  const hold = holdOf(state, command);
  if (hold === undefined) return refuse({ code: 'hold_not_found' });
  const parts = command.parts ?? (hold.closed === undefined ? remainingOf(hold.parts) : []);
  const malformed = partsRefusal(parts, hold.legs);
  if (malformed !== undefined) return refuse(malformed);
  const { plan, legs } = partsHere(hold, parts, state.shard);
  const fresh = freshClaim(state, claim);
  const details = command.details === undefined ? {} : { details: command.details };
  const rejection = captureRefusal(state, command, hold, parts, legs);
  if (rejection !== undefined) {
    if (!REJECTIONS[rejection.code].recorded) return refuse(rejection);
    const of = command.hold;
    const event = {
      type: 'transfer.rejected',
      tenant,
      transfer,
      step: 'capture',
      ...details,
      of,
      ...(plan === undefined ? {} : { plan }),
      legs,
    } as const;
    return decided([{ ...event, rejection, ...fresh }], nextSeq, { result: 'rejected', rejection });
  }
  const { events: opened, accountOf } = openInTransit(state, tenant, legs);
  if (plan !== undefined) {
    const { coordinator } = plan;
    const intent = { plan, deadline: command.deadline };
    const follows = { kind: 'capture', of: command.hold, parts, final } as const;
    const saga = { coordinator, intent, follows, ...details, legs };
    const entries = entriesOf({ captured: [legs, 'set_aside'] }, accountOf);
    const event = { type: 'transfer.tried', tenant, transfer, ...saga, entries, ...fresh } as const;
    return decided([...opened, event], nextSeq, { result: 'done' });
  }
  const released = final ? remainingOf(moveParts(hold.parts, parts, 'remaining')) : [];
  const { debits, begins } = freeing(hold.known, released, transfer, state.shard);
  const entries = entriesOf({ captured: [legs, 'post'], held: [debits, 'release'] }, accountOf);
  const event: LedgerEvent = {
    type: 'transfer.captured',
    tenant,
    transfer,
    hold: command.hold,
    final,
    ...details,
    parts,
    legs,
    released,
    entries,
    ...fresh,
  };
  return decided([...begins, event], nextSeq, { result: 'done' });
}

/** The parts as legs of this shard, and the plan where others are needed. */
const partsHere = (
  { legs, known: { plan, tenant } }: OpenHold,
  parts: readonly Part[],
  shard: number,
): { readonly plan?: Plan; readonly legs: readonly LocalLeg[] } =>
  plan === undefined
    ? { legs: legsOfParts(legs, parts) }
    : plannedAt(shard, legsOfParts(plan.legs, parts), tenant);

function captureRefusal(
  state: LedgerView,
  { tenant }: CaptureHold,
  hold: OpenHold,
  parts: readonly Part[],
  legs: readonly LocalLeg[],
): Rejection | undefined {
  if (hold.closed !== undefined) return hold.closed;
  const found: Rejection[] = [];
  const exceeds = ({ leg, amount }: Part): boolean => amount > (hold.parts[leg]?.remaining ?? 0n);
  if (parts.length === 0 || parts.some(exceeds)) {
    found.push({ code: 'capture_exceeds_hold' });
  }
  const admission = refusalOf(legs, tenant, state.account, 'capture');
  if (admission !== undefined) found.push(admission);
  return foremost(found);
}

function voided(state: LedgerView, command: VoidHold, nextSeq: number): Decision {
  const { tenant, operation, claim } = command;
  const early = repeatOrRefusal(state, operation, command);
  if (early !== undefined) return early;
  const hold = holdOf(state, command);
  if (hold === undefined) return refuse({ code: 'hold_not_found' });
  const fresh = freshClaim(state, claim);
  if (hold.closed !== undefined) {
    if (!REJECTIONS[hold.closed.code].recorded) return refuse(hold.closed);
    const event = {
      type: 'transfer.rejected',
      tenant,
      transfer: operation,
      step: 'void',
      of: command.hold,
    } as const;
    const rejection = hold.closed;
    return decided([{ ...event, legs: [], rejection, ...fresh }], nextSeq, { result: 'rejected', rejection });
  }
  const { begins, ...freed } = freeRest(state, hold, operation);
  const event = { type: 'hold.voided', tenant, transfer: operation, hold: command.hold, ...freed } as const;
  return decided([...begins, { ...event, ...fresh }], nextSeq, { result: 'done' });
}

/** By itself idempotent: what has ended can not expire, and nothing is recorded of an expiry that came too late. */
function expired(state: LedgerView, command: ExpireHold, nextSeq: number): Decision {
  const hold = holdOf(state, command);
  if (hold === undefined) return refuse({ code: 'hold_not_found' });
  if (hold.closed !== undefined) return refuse(hold.closed);
  // When it is time is said by Postgres's clock; that there is a time, by the hold.
  if (hold.known.expiresAt === undefined) return refuse({ code: 'hold_never_expires' });
  const { tenant, hold: transfer } = command;
  const { begins, ...freed } = freeRest(state, hold, transfer);
  const event = { type: 'hold.expired', tenant, transfer, ...freed } as const;
  return decided([...begins, event], nextSeq, { result: 'done' });
}

function freeRest(state: LedgerView, hold: OpenHold, cause: TransferId) {
  const released = remainingOf(hold.parts);
  const { debits, begins } = freeing(hold.known, released, cause, state.shard);
  const entries = entriesOf({ held: [debits, 'release'] }, (id) => existing(state.account(id), id));
  return { released, entries, begins };
}

/** What every keyed operation asks first: is the key free for it, and was it done before? */
export function repeatOrRefusal(
  state: LedgerView,
  id: CaptureHold['transfer'],
  { tenant, claim }: Pick<CaptureHold, 'tenant' | 'claim'>,
): Decision | undefined {
  const reused = claimRefusal(state, claim);
  if (reused !== undefined) return refuse(reused);
  const known = state.transfer(id);
  if (known === undefined) return undefined;
  if (known.tenant !== tenant) return refuse({ code: 'transfer_not_found' });
  if (known.first !== undefined) return repeat(known.first);
  return refuse({ code: 'transfer_canceled' });
}
