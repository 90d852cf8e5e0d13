import type { LedgerEvent } from './event.js';
import type { Rejection } from './rejections.js';
import type { CancelReason, StepResult } from './transfer.js';

/** The ledger's answer to one command. */
export type Outcome =
  | {
      readonly kind: 'recorded';
      readonly result: StepResult;
      /** The event that holds this answer; the same for every repeat. */
      readonly seq: number;
      /** True if an earlier command had done it: this one changed nothing. */
      readonly replayed: boolean;
      readonly rejection?: Rejection;
      readonly reason?: CancelReason;
    }
  /** Nothing was written; asking again asks anew. */
  | { readonly kind: 'refused'; readonly rejection: Rejection };

export interface Decision {
  readonly outcome: Outcome;
  readonly events: readonly LedgerEvent[];
}

export const refuse = (rejection: Rejection): Decision => ({
  outcome: { kind: 'refused', rejection },
  events: [],
});
