import type { AccountId } from './ids.js';

/** What a transfer in review becomes when it is approved. */
export type ReviewedStep = 'post' | 'hold' | 'try';

/** Why a transfer waits for a person: an account's mark, the amount by the cluster's rule, or the caller's wish. */
export interface ReviewReason {
  readonly code: 'account' | 'amount' | 'requested';
  readonly account?: AccountId;
}

/** How long a transfer may wait, should it have to. */
export interface ReviewTerms {
  /** Why it has to, whatever its accounts are; absent: only if an account that it debits is marked. */
  readonly reason?: ReviewReason;
  /** RFC 3339: undecided after this, it is rejected; absent: never. */
  readonly deadline?: string;
  /** RFC 3339: from when on somebody else should be called. */
  readonly escalateAt?: string;
}
