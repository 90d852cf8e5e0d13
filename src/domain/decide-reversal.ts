import { existing } from './account.js';
import { refusalOf } from './admission.js';
import { claimRefusal, freshClaim } from './claim-refusal.js';
import type { ReverseTransfer } from './command.js';
import { entriesOf } from './entries.js';
import { type Decision, decided, refuse, repeat } from './outcome.js';
import { partsRefusal } from './parts.js';
import { backwards, legsOfParts, plannedAt } from './plan.js';
import { foremost, REJECTIONS, type Rejection } from './rejections.js';
import type { LedgerView } from './state.js';
import type { Leg, LocalLeg, Part, Plan, TransferState } from './transfer.js';

/**
 * Moves back, leg by leg, at most what an earlier transfer moved less what was moved back before, or is about to be. Where
 * that takes other shards, what is written here is the intent, and the amounts are set aside of the earlier transfer.
 */
export function decideReversal(state: LedgerView, command: ReverseTransfer, nextSeq: number): Decision {
  const { tenant, transfer, claim, original: of } = command;
  const reused = claimRefusal(state, claim);
  if (reused !== undefined) return refuse(reused);
  const known = state.transfer(transfer);
  if (known !== undefined && known.tenant !== tenant) return refuse({ code: 'transfer_not_found' });
  if (known?.first !== undefined) return repeat(known.first);
  if (known?.last !== undefined) return refuse({ code: 'transfer_canceled' });
  const original = state.transfer(of);
  if (original?.tenant !== tenant || original.first === undefined || original.purpose === 'release')
    return refuse({ code: 'transfer_not_found' });
  if (original.review?.decided === false) return refuse({ code: 'in_review' });
  // Of a saga only its coordinator can tell.
  const { step } = original.first;
  if ((step === 'try' || step === 'pivot') && !original.coordinates)
    return refuse({ code: 'transfer_not_found' });
  const parts = command.parts ?? notReversed(original);
  const malformed = partsRefusal(parts, movedBy(original));
  if (malformed !== undefined) return refuse(malformed);
  const { plan, legs } = wayBack(original, parts, state.shard);
  const fresh = freshClaim(state, claim);
  const details = command.details === undefined ? {} : { details: command.details };
  const rejection = reversalRefusal(state, original, parts, legs);
  if (rejection !== undefined) {
    if (!REJECTIONS[rejection.code].recorded) return refuse(rejection);
    const event = {
      type: 'transfer.rejected',
      tenant,
      transfer,
      step: 'post',
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
    const saga = { coordinator, intent, follows: { kind: 'reversal', of, parts }, ...details, legs } as const;
    const entries = entriesOf({ moved: [legs, 'set_aside'] }, (id) => existing(state.account(id), id));
    const event = { type: 'transfer.tried', tenant, transfer, ...saga, entries, ...fresh } as const;
    return decided([event], nextSeq, { result: 'done' });
  }
  const entries = entriesOf({ moved: [legs, 'post'] }, (id) => existing(state.account(id), id));
  const event = { type: 'transfer.posted', tenant, transfer, ...details, reverses: of, parts, legs } as const;
  return decided([{ ...event, entries, ...fresh }], nextSeq, { result: 'done' });
}

function reversalRefusal(
  state: LedgerView,
  original: TransferState,
  parts: readonly Part[],
  legs: readonly LocalLeg[],
): Rejection | undefined {
  const { first, last, tenant } = original;
  const atOnce = first?.step === 'post' || first?.step === 'capture';
  const moved = atOnce || (first?.step === 'try' && last?.step === 'confirm');
  if (first?.result !== 'done' || !moved) return { code: 'transfer_not_posted' };
  const found: Rejection[] = [];
  const left = notReversed(original);
  const exceeds = ({ leg, amount }: Part): boolean =>
    amount > (left.find((part) => part.leg === leg)?.amount ?? 0n);
  if (parts.length === 0 || parts.some(exceeds)) found.push({ code: 'reversal_exceeds_transfer' });
  const admission = refusalOf(legs, tenant, state.account);
  if (admission !== undefined) found.push(admission);
  return foremost(found);
}

/** The legs of the whole transfer, wherever they are. */
export const movedBy = ({ plan, first }: TransferState): readonly Leg[] => plan?.legs ?? first?.legs ?? [];

/** What of each leg can still be moved back; legs of which nothing can are left out. */
function notReversed(original: TransferState): Part[] {
  const { reversed, reversing } = original;
  return movedBy(original).flatMap(({ amount }, leg) => {
    const left = amount - (reversed?.[leg] ?? 0n) - (reversing?.[leg] ?? 0n);
    return left > 0n ? [{ leg, amount: left }] : [];
  });
}

/** The legs here, and the plan where others are needed: its coordinator is the original's, whatever the legs touch. */
function wayBack(
  { plan, first, tenant }: TransferState,
  parts: readonly Part[],
  shard: number,
): { readonly plan?: Plan; readonly legs: readonly LocalLeg[] } {
  if (plan === undefined) return { legs: legsOfParts(first?.legs ?? [], parts).map(turned) };
  return plannedAt(shard, legsOfParts(plan.legs, parts).map(backwards), tenant);
}

const turned = ({ debit, credit, amount, asset }: Leg): Leg => ({
  debit: credit,
  credit: debit,
  amount,
  asset,
});
