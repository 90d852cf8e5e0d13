import { existing } from './account.js';
import { freshClaim } from './claim-refusal.js';
import { repeatOrRefusal } from './decide-hold.js';
import { entriesOf, movementsOf } from './entries.js';
import { type Decision, decided, refuse } from './outcome.js';
import type { ApproveReview, DeclineReview, ExpireReview, ReviewCommand } from './review-command.js';
import type { LedgerView } from './state.js';
import { isHoldStep, type TransferState } from './transfer.js';

/**
 * What becomes of a transfer that waits for a person. Whichever decision comes first in the shard's order stands: a later
 * one, and the deadline's, are refused. None can fail for lack of funds or a frozen account: all it needs was set aside.
 */
export function decideReview(state: LedgerView, command: ReviewCommand, nextSeq: number): Decision {
  return command.kind === 'expire_review' ? expired(state, command, nextSeq) : keyed(state, command, nextSeq);
}

function keyed(state: LedgerView, command: ApproveReview | DeclineReview, nextSeq: number): Decision {
  const { kind, tenant, operation: transfer, review: of, note, claim } = command;
  const early = repeatOrRefusal(state, transfer, command);
  if (early !== undefined) return early;
  const known = reviewOf(state, command);
  if (known === undefined) return refuse({ code: 'review_not_found' });
  const fresh = freshClaim(state, claim);
  if (known.review.decided) {
    const rejection = { code: 'review_decided' } as const;
    const event = { type: 'transfer.rejected', tenant, transfer, step: kind, of, legs: [] } as const;
    return decided([{ ...event, rejection, ...fresh }], nextSeq, { result: 'rejected', rejection });
  }
  const common = { tenant, transfer, review: of, ...(note === undefined ? {} : { note }) } as const;
  if (command.kind === 'decline') {
    const entries = released(state, known);
    return decided([{ type: 'review.declined', ...common, entries, ...fresh }], nextSeq, { result: 'done' });
  }
  const { plan, review } = known;
  const begins = review.step === 'try' && plan !== undefined;
  const intent = begins ? { intent: { plan, deadline: command.deadline } } : {};
  const entries = known.review.step === 'post' ? posted(state, known) : [];
  const event = { type: 'review.approved', ...common, ...intent, entries, ...fresh } as const;
  return decided([event], nextSeq, { result: 'done' });
}

/** By itself idempotent: nothing is recorded of a deadline that came too late. */
function expired(state: LedgerView, command: ExpireReview, nextSeq: number): Decision {
  const known = reviewOf(state, command);
  if (known === undefined) return refuse({ code: 'review_not_found' });
  if (known.review.decided) return refuse({ code: 'review_decided' });
  const { tenant, review: transfer } = command;
  const event = { type: 'review.expired', tenant, transfer, entries: released(state, known) } as const;
  return decided([event], nextSeq, { result: 'done' });
}

type Reviewed = TransferState & { readonly review: NonNullable<TransferState['review']> };

function reviewOf(state: LedgerView, { tenant, review: id }: ReviewCommand): Reviewed | undefined {
  const known = state.transfer(id);
  if (known?.tenant !== tenant || known.review === undefined) return undefined;
  return { ...known, review: known.review };
}

const posted = (state: LedgerView, { first }: Reviewed) =>
  entriesOf({ moved: [first?.legs ?? [], 'confirm'] }, (id) => existing(state.account(id), id));

/** A hold's review set only debits aside. */
function released(state: LedgerView, { first, review, plan }: Reviewed) {
  const purpose = isHoldStep(review.step, plan) ? 'hold' : undefined;
  const movements = movementsOf(purpose, first?.legs ?? [], 'release');
  return entriesOf(movements, (id) => existing(state.account(id), id));
}
