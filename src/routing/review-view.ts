import type { LedgerEvent } from '../domain/event.js';
import { untouched } from '../domain/parts.js';
import type { TransferInReview } from '../domain/review-event.js';
import { isHoldStep } from '../domain/transfer.js';
import type { TransferView } from './views.js';

/** What a transfer in review says of itself besides its legs. */
export function reviewView({ step, plan, reason, deadline, escalateAt, expiresAt }: TransferInReview) {
  return {
    kind: isHoldStep(step, plan) ? 'hold' : 'transfer',
    status: 'review',
    review: {
      reason,
      ...(deadline === undefined ? {} : { deadline }),
      ...(escalateAt === undefined ? {} : { escalateAt }),
    },
    ...(expiresAt === undefined ? {} : { expiresAt }),
  } as const;
}

const DECISIONS = {
  'review.approved': 'approved',
  'review.declined': 'declined',
  'review.expired': 'expired',
} as const;

/** What a decision makes of the transfer that it is about; other events make nothing of it. */
export function reviewedView(view: TransferView, event: LedgerEvent, decidedAt: string): TransferView {
  switch (event.type) {
    case 'review.approved':
    case 'review.declined':
    case 'review.expired':
      break;
    default:
      return view;
  }
  const { review: waited } = view;
  if (waited === undefined) return view;
  const note = 'note' in event && event.note !== undefined ? { note: event.note } : {};
  const review = { ...waited, decision: DECISIONS[event.type], decidedAt, ...note };
  if (event.type === 'review.approved') {
    if (event.intent !== undefined) return { ...view, review, status: 'processing' };
    if (view.kind !== 'hold') return { ...view, review, status: 'posted', endedAt: decidedAt };
    const hold = untouched(view.legs);
    return { ...view, review, status: 'held', hold };
  }
  const code = event.type === 'review.declined' ? 'review_declined' : 'review_expired';
  return { ...view, review, status: 'rejected', endedAt: decidedAt, rejection: { code } };
}
