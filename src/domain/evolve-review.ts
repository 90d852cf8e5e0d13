import { untouched } from './parts.js';
import type { ReviewApproved, ReviewDeclined, ReviewEvent, TransferInReview } from './review-event.js';
import type { LedgerState } from './state.js';
import type { TransferState } from './transfer.js';

/**
 * What an event makes of a transfer in review. Once approved it is what it would have been without one: a posted
 * transfer, a hold, or a saga's open part. Entries are carried out by the caller.
 */
export function evolveReview(state: LedgerState, event: ReviewEvent, seq: number): void {
  if ('claim' in event && event.claim !== undefined) state.setClaim({ claim: event.claim, seq });
  if (event.type === 'transfer.review') {
    state.setTransfer(begun(event, seq));
    return;
  }
  if (event.type !== 'review.expired') state.setTransfer(operation(event, seq));
  const id = event.type === 'review.expired' ? event.transfer : event.review;
  const known = state.transfer(id);
  if (known !== undefined) state.setTransfer(decided(known, event.type, seq));
}

function begun(event: TransferInReview, seq: number): TransferState {
  const { transfer: id, tenant, legs, step, plan, expiresAt } = event;
  const review = { step, decided: false };
  const first = { step: 'review', result: 'done', seq, legs } as const;
  const more = {
    ...(plan === undefined ? {} : { plan }),
    ...(plan?.holds === true ? { purpose: 'hold' as const } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
  return { id, tenant, coordinates: false, first, review, ...more };
}

function operation({ type, transfer: id, tenant }: ReviewApproved | ReviewDeclined, seq: number) {
  const step = type === 'review.approved' ? 'approve' : 'decline';
  return { id, tenant, coordinates: false, first: { step, result: 'done', seq, legs: [] } } as const;
}

function decided(
  known: TransferState,
  type: 'review.approved' | 'review.declined' | 'review.expired',
  seq: number,
): TransferState {
  const { first } = known;
  if (known.review === undefined || first === undefined) return known;
  const { step } = known.review;
  const review = { step, decided: true };
  if (type !== 'review.approved') {
    const end = type === 'review.declined' ? 'decline' : 'expire';
    return { ...known, review, last: { step: end, result: 'done', seq } };
  }
  return {
    ...known,
    review,
    coordinates: step === 'try',
    first: { ...first, step },
    ...(step === 'hold' ? { hold: untouched(first.legs) } : {}),
  };
}
