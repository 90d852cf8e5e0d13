import type { Claim } from './claim.js';
import type { TenantId, TransferId } from './ids.js';

/** Carries out what waits for it: posts it, holds it, or lets the saga begin. */
export interface ApproveReview {
  readonly kind: 'approve';
  readonly tenant: TenantId;
  readonly operation: TransferId;
  readonly review: TransferId;
  /** RFC 3339: across shards, by when the saga must be decided. */
  readonly deadline: string;
  /** Why, in the words of whoever decides. */
  readonly note?: string;
  readonly claim?: Claim;
}
/** Frees what was set aside: the transfer is rejected. */
export interface DeclineReview {
  readonly kind: 'decline';
  readonly tenant: TenantId;
  readonly operation: TransferId;
  readonly review: TransferId;
  readonly note?: string;
  readonly claim?: Claim;
}
/** As `decline`, by time: put by the system when nobody decided before the deadline. */
export interface ExpireReview {
  readonly kind: 'expire_review';
  readonly tenant: TenantId;
  readonly review: TransferId;
}
export type ReviewCommand = ApproveReview | DeclineReview | ExpireReview;
