import type { AccountId } from './ids.js';

/**
 * The closed list of the ledger's refusals. `precedence`: where several hold, the lowest is the answer.
 * `recorded`: depends on state, so it is written under the transfer's id and a repeat gets it again.
 * None is retried by Temporal: a rejection is an answer, not a failure.
 */
export const REJECTIONS = {
  idempotency_key_reused: row(10, 422, false, 'This idempotency key was used before with another request.'),
  signing_key_not_current: row(12, 409, false, 'Another key signs this shard.'),
  checkpoint_out_of_order: row(14, 409, false, 'This is not the next checkpoint of the shard.'),
  wrong_shard: row(20, 503, false, 'This shard does not own the bucket; the router has to refresh its map.'),
  transfer_not_found: row(30, 404, false, 'There is no such transfer.'),
  transfer_canceled: row(40, 409, false, 'The transfer was canceled before this step came.'),
  hold_never_expires: row(48, 409, false, 'The hold has no time at which it expires.'),
  hold_processing: row(49, 409, false, 'The hold is being made on several shards: wait until it is held.'),
  placement_not_allowed: row(
    55,
    400,
    false,
    'A compact tenant keeps everything together: its accounts take no placement group.',
  ),
  transfer_decided: row(50, 409, false, 'The transfer is past its pivot and can only go forward.'),
  hold_not_found: row(52, 404, false, 'There is no such hold.'),
  review_not_found: row(51, 404, false, 'There is no such transfer that was in review.'),
  schedule_not_found: row(53, 404, false, 'There is no such schedule.'),
  in_review: row(54, 409, false, 'The transfer is in review: it waits for a decision.'),
  schedule_over: row(
    56,
    409,
    false,
    'The schedule has ended or was canceled: nothing of it is still to come.',
  ),
  not_the_next_occurrence: row(57, 409, false, 'That is not the next occurrence of the schedule.'),
  schedule_in_past: row(58, 400, false, 'What is to be done at a time must be asked for before that time.'),
  schedule_never_fires: row(59, 400, false, 'The rule has no occurrence.'),
  account_not_found: row(60, 404, false, 'There is no such account.'),
  leg_not_found: row(65, 400, false, 'The earlier transfer has no such leg, or it is named twice.'),
  across_shards: row(
    67,
    422,
    false,
    'The accounts are on several shards, and those of a linked batch must be on one: use a compact tenant or a placement group.',
  ),
  same_account: row(70, 400, false, 'A leg needs two different accounts.'),
  amount_not_positive: row(80, 400, false, 'An amount must be greater than zero.'),
  asset_mismatch: row(90, 400, false, 'The asset of the leg is not the asset of its account.'),
  up_to_one_leg: row(95, 400, false, 'up_to is for a transfer of one leg.'),
  fx_rate_mismatch: row(
    97,
    400,
    false,
    'The bought amount is not the sold one at the rate, to the minor unit.',
  ),
  counter_overflow: row(100, 422, false, 'A counter of the account would exceed 38 digits.'),
  reference_taken: row(102, 409, false, 'Another account of the tenant has this reference.'),
  limits_crossed: row(104, 400, false, 'The maximum balance would be below the minimum.'),
  transfer_not_posted: row(105, 422, true, 'Only a posted transfer can be reversed; a hold is voided.'),
  review_decided: row(103, 409, true, 'The review was decided before, or its deadline has passed.'),
  review_declined: row(101, 422, true, 'The transfer was reviewed and declined.'),
  review_expired: row(101, 422, true, 'Nobody approved the transfer before the deadline of its review.'),
  hold_closed: row(106, 422, true, 'The hold was captured, voided or has expired.'),
  capture_exceeds_hold: row(107, 422, true, 'The hold does not have that much remaining.'),
  reversal_exceeds_transfer: row(
    108,
    422,
    true,
    'That much of the transfer was not moved, or was reversed before.',
  ),
  account_closed: row(110, 422, true, 'The account is closed.'),
  account_frozen: row(120, 422, true, 'The account is frozen for this side.'),
  insufficient_funds: row(130, 422, true, 'The account does not have that much available.'),
  balance_limit_exceeded: row(140, 422, true, 'The account would exceed its maximum balance.'),
  account_not_empty: row(150, 422, true, 'Only an account at zero with nothing pending can be closed.'),
  review_required: row(
    155,
    422,
    true,
    'The transfer needs a review, which a linked batch can not wait for: send it by itself.',
  ),
  linked_failed: row(
    160,
    422,
    true,
    'Another transfer of the linked batch was rejected, so none was posted.',
  ),
} as const;

export type RejectionCode = keyof typeof REJECTIONS;

/** A definite refusal; amounts are counts of minor units as decimal strings. */
export interface Rejection {
  readonly code: RejectionCode;
  readonly account?: AccountId;
  /** For idempotency_key_reused: the first top-level field that differs. */
  readonly field?: string;
  /** For insufficient_funds: what was available (before `min_balance`), and what the transfer needed. */
  readonly available?: string;
  readonly needed?: string;
  /** For what names a part of a request: its index, from 0. */
  readonly index?: number;
}

interface RejectionRow {
  readonly precedence: number;
  readonly httpStatus: number;
  readonly recorded: boolean;
  readonly sentence: string;
}

function row(precedence: number, httpStatus: number, recorded: boolean, sentence: string): RejectionRow {
  return { precedence, httpStatus, recorded, sentence };
}

/** The one to answer with: lowest precedence, then the smaller account id, so that leg order changes nothing. */
export function foremost(rejections: readonly Rejection[]): Rejection | undefined {
  let best: Rejection | undefined;
  for (const next of rejections) if (best === undefined || comesBefore(next, best)) best = next;
  return best;
}

function comesBefore(a: Rejection, b: Rejection): boolean {
  const difference = REJECTIONS[a.code].precedence - REJECTIONS[b.code].precedence;
  return difference !== 0 ? difference < 0 : (a.account ?? '') < (b.account ?? '');
}
