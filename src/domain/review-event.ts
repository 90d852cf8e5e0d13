import type { Entry } from './account.js';
import type { Claim } from './claim.js';
import type { TenantId, TransferId } from './ids.js';
import type { ReviewedStep, ReviewReason } from './review.js';
import type { LocalLeg, Plan, TransferDetails } from './transfer.js';

interface OfTransfer {
  readonly tenant: TenantId;
  readonly transfer: TransferId;
}
/** Its funds are set aside as its step would (a hold's debits; else both sides), and it waits for a decision. */
export interface TransferInReview extends OfTransfer {
  readonly type: 'transfer.review';
  /** What it becomes when it is approved. */
  readonly step: ReviewedStep;
  readonly reason: ReviewReason;
  /** RFC 3339: undecided after this, it is rejected; absent: never. */
  readonly deadline?: string;
  /** RFC 3339: from when on somebody else should be called. */
  readonly escalateAt?: string;
  /** Across shards: frozen here; of a hold, where its credits lie. */
  readonly plan?: Plan;
  /** Of a hold. */
  readonly expiresAt?: string;
  readonly details?: TransferDetails;
  readonly upTo?: bigint;
  readonly legs: readonly LocalLeg[];
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
interface OfDecision extends OfTransfer {
  /** The transfer that it decides about; `transfer` is the operation. */
  readonly review: TransferId;
  /** Why, in the words of whoever decided. */
  readonly note?: string;
  readonly claim?: Claim;
}
export interface ReviewApproved extends OfDecision {
  readonly type: 'review.approved';
  /** Across shards: the saga begins here; what was set aside stays so. */
  readonly intent?: { readonly plan: Plan; readonly deadline: string };
  /** Within a shard the review's legs are posted; of a hold there is nothing to change. */
  readonly entries: readonly Entry[];
}
export interface ReviewDeclined extends OfDecision {
  readonly type: 'review.declined';
  readonly entries: readonly Entry[];
}
/** `transfer` is the one in review: no key asked for it. */
export interface ReviewExpired extends OfTransfer {
  readonly type: 'review.expired';
  readonly entries: readonly Entry[];
}
export type ReviewEvent = TransferInReview | ReviewApproved | ReviewDeclined | ReviewExpired;
