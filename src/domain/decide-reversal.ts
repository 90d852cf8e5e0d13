import { refusalOf } from './admission.js';
import { claimRefusal } from './claim-refusal.js';
import type { ReverseTransfer } from './command.js';
import { existing } from './decide-transfer.js';
import { entriesOf, legsOfParts } from './entries.js';
import { type Decision, decided, refuse, repeat } from './outcome.js';
import { partsRefusal } from './parts.js';
import { foremost, REJECTIONS, type Rejection } from './rejections.js';
import type { LedgerView } from './state.js';
import type { LocalLeg, Part, TransferState } from './transfer.js';

/** Moves back, leg by leg, at most what an earlier transfer moved less what was moved back before. */
export function decideReversal(state: LedgerView, command: ReverseTransfer, nextSeq: number): Decision {
  const { tenant, transfer, claim, original: of } = command;
  const reused = claimRefusal(state, claim);
  if (reused !== undefined) return refuse(reused);
  const known = state.transfer(transfer);
  if (known !== undefined && known.tenant !== tenant) return refuse({ code: 'transfer_not_found' });
  if (known?.first !== undefined) return repeat(known.first);
  if (known?.last !== undefined) return refuse({ code: 'transfer_canceled' });
  const original = state.transfer(of);
  if (original?.tenant !== tenant || original.first === undefined)
    return refuse({ code: 'transfer_not_found' });
  const { legs: moved } = original.first;
  if (original.first.step === 'try' || moved.some(({ inTransit }) => inTransit !== undefined)) {
    return refuse({ code: 'across_shards' });
  }
  const parts = command.parts ?? notReversed(original);
  const malformed = partsRefusal(parts, moved);
  if (malformed !== undefined) return refuse(malformed);
  const legs = legsOfParts(moved, parts).map(backwards);
  const fresh = claim !== undefined && state.claim(claim.id) === undefined ? { claim } : {};
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
      legs,
    } as const;
    return decided([{ ...event, rejection, ...fresh }], nextSeq, { result: 'rejected', rejection });
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
  const { first, tenant } = original;
  const moved = first?.result === 'done' && (first.step === 'post' || first.step === 'capture');
  if (!moved) return { code: 'transfer_not_posted' };
  const found: Rejection[] = [];
  const left = notReversed(original);
  const exceeds = ({ leg, amount }: Part): boolean =>
    amount > (left.find((part) => part.leg === leg)?.amount ?? 0n);
  if (parts.length === 0 || parts.some(exceeds)) found.push({ code: 'reversal_exceeds_transfer' });
  const admission = refusalOf(legs, tenant, state.account);
  if (admission !== undefined) found.push(admission);
  return foremost(found);
}

/** What of each leg can still be moved back; legs of which nothing can are left out. */
function notReversed({ first, reversed }: TransferState): Part[] {
  return (first?.legs ?? []).flatMap(({ amount }, leg) => {
    const left = amount - (reversed?.[leg] ?? 0n);
    return left > 0n ? [{ leg, amount: left }] : [];
  });
}

const backwards = ({ debit, credit, amount, asset }: LocalLeg): LocalLeg => ({
  debit: credit,
  credit: debit,
  amount,
  asset,
});
