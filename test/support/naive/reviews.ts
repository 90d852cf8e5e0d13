import type { HoldTransfer, PivotTransfer, PostTransfer, TryTransfer } from '../../../src/domain/command.js';
import type { TenantId, TransferId } from '../../../src/domain/ids.js';
import type { ReviewCommand } from '../../../src/domain/review-command.js';
import type { LocalLeg } from '../../../src/domain/transfer.js';
import { isWaiting, type NaiveBook } from './book.js';
import type { NaiveClaims } from './claims.js';

/** What waits for a person: a word beside the operation, until somebody crosses it out. */
export class NaiveReviews {
  constructor(
    private readonly book: NaiveBook,
    private readonly claims: NaiveClaims,
    private readonly earlier: (id: TransferId, tenant: TenantId) => string | undefined,
  ) {}

  /** The account (after a colon) or nothing, where a person must be asked; undefined where not. */
  reasonFor(
    command: PostTransfer | HoldTransfer | TryTransfer | PivotTransfer,
    legs: readonly LocalLeg[],
  ): string | undefined {
    if (command.kind === 'pivot' || (command.kind === 'try' && command.intent === undefined))
      return undefined;
    if (command.review?.reason !== undefined) return '';
    const marked = legs.map(({ debit }) => debit).find((id) => this.book.accounts.get(id)?.reviewDebits);
    return marked === undefined ? undefined : `:${marked}`;
  }

  put(command: ReviewCommand): string {
    const { tenant, review } = command;
    if (command.kind !== 'expire_review') {
      const early = this.claims.refusal(command.claim) ?? this.earlier(command.operation, tenant);
      if (early !== undefined) return early;
    }
    const known = this.book.find(review);
    if (known?.tenant !== tenant || known.review === undefined) return 'refused:review_not_found';
    const open = isWaiting(known);
    if (command.kind === 'expire_review') {
      if (!open) return 'refused:review_decided';
      known.review = 'over';
      known.end = 'expire';
      return 'done';
    }
    const { kind: step, operation: id, claim } = command;
    const answer = open ? 'done' : 'rejected:review_decided';
    if (open && step === 'approve') known.review = 'approved';
    if (open && step === 'decline') {
      known.review = 'over';
      known.end = 'decline';
    }
    this.claims.keep(claim);
    this.book.operations.push({ id, tenant, step, answer, legs: [] });
    return answer;
  }
}
