import { existing } from './account.js';
import { refusalOf } from './admission.js';
import { claimRefusal, freshClaim } from './claim-refusal.js';
import type { CaptureHold, ExpireHold, HoldCommand, VoidHold } from './command.js';
import { entriesOf } from './entries.js';
import type { LedgerEvent } from './event.js';
import { type Decision, decided, refuse, repeat } from './outcome.js';
import { moveParts, partsRefusal, remainingOf } from './parts.js';
import { legsOfParts, planOf } from './plan.js';
import { foremost, REJECTIONS, type Rejection } from './rejections.js';
import type { LedgerView } from './state.js';
import type { HoldPart, LocalLeg, Part, Plan, TransferState } from './transfer.js';

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

interface OpenHold {
  /** Each as this shard sees it: all debits are here. */
  readonly legs: readonly LocalLeg[];
  readonly plan: Plan | undefined;
  readonly parts: readonly HoldPart[];
  /** Why nothing more can be done with it. */
  readonly closed: Rejection | undefined;
}

function holdOf(state: LedgerView, { tenant, hold }: HoldCommand): OpenHold | undefined {
  const known = state.transfer(hold);
  if (known?.tenant !== tenant || known.first === undefined) return undefined;
  const { first, hold: parts = [], plan, review } = known;
  if (first.step !== 'hold' && (first.step !== 'review' || review?.step !== 'hold')) return undefined;
  const code = review?.decided === false ? 'in_review' : 'hold_closed';
  const closed: Rejection | undefined = isOpenHold(known) ? undefined : { code };
  return { legs: first.legs, plan, parts, closed };
}

const isOpenHold = ({ first, last }: TransferState): boolean =>
  first?.step === 'hold' && first.result === 'done' && last === undefined;

function capture(state: LedgerView, command: CaptureHold, nextSeq: number): Decision {
  const { tenant, transfer, claim, final } = command;
  const early = repeatOrRefusal(state, transfer, command);
  if (early !== undefined) return early;
  const hold = holdOf(state, command);
  if (hold === undefined) return refuse({ code: 'hold_not_found' });
  const parts = command.parts ?? (hold.closed === undefined ? remainingOf(hold.parts) : []);
  const malformed = partsRefusal(parts, hold.legs);
  if (malformed !== undefined) return refuse(malformed);
  const legs = legsOfParts(hold.legs, parts);
  const plan = hold.plan && planOf(hold.plan.coordinator, legsOfParts(hold.plan.legs, parts));
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
  if (plan !== undefined) {
    const { coordinator } = plan;
    const intent = { plan, deadline: command.deadline };
    const follows = { kind: 'capture', of: command.hold, parts, final } as const;
    const saga = { coordinator, intent, follows, ...details, legs };
    // What it debits was set aside by the hold.
    const entries = entriesOf({ credited: [legs, 'set_aside'] }, (id) => existing(state.account(id), id));
    const event = { type: 'transfer.tried', tenant, transfer, ...saga, entries, ...fresh } as const;
    return decided([event], nextSeq, { result: 'done' });
  }
  const released = final ? remainingOf(moveParts(hold.parts, parts, 'remaining')) : [];
  const freed = legsOfParts(hold.legs, released);
  const entries = entriesOf({ moved: [legs, 'capture'], held: [freed, 'release'] }, (id) =>
    existing(state.account(id), id),
  );
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
  return decided([event], nextSeq, { result: 'done' });
}

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
  const freed = free(state, hold);
  const event = { type: 'hold.voided', tenant, transfer: operation, hold: command.hold, ...freed } as const;
  return decided([{ ...event, ...fresh }], nextSeq, { result: 'done' });
}

/** By itself idempotent: what has ended can not expire, and nothing is recorded of an expiry that came too late. */
function expired(state: LedgerView, command: ExpireHold, nextSeq: number): Decision {
  const hold = holdOf(state, command);
  if (hold === undefined) return refuse({ code: 'hold_not_found' });
  if (hold.closed !== undefined) return refuse(hold.closed);
  const { tenant, hold: transfer } = command;
  return decided([{ type: 'hold.expired', tenant, transfer, ...free(state, hold) }], nextSeq, {
    result: 'done',
  });
}

function free(state: LedgerView, { legs, parts }: OpenHold) {
  const released = remainingOf(parts);
  const freed = legsOfParts(legs, released);
  const entries = entriesOf({ held: [freed, 'release'] }, (id) => existing(state.account(id), id));
  return { released, entries };
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
