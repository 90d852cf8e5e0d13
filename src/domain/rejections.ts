import type { AccountId } from './ids.js';

/**
 * The closed list of the ledger's refusals. `precedence`: where several hold, the lowest is the answer.
 * `recorded`: depends on state, so it is written under the transfer's id and a repeat gets it again.
 * None is retried by Temporal: a rejection is an answer, not a failure.
 */
export const REJECTIONS = {
  idempotency_key_reused: row(10, 422, false, 'This idempotency key was used before with another request.'),
  wrong_shard: row(20, 503, false, 'This shard does not own the bucket; the router has to refresh its map.'),
  transfer_not_found: row(30, 404, false, 'There is no such transfer.'),
  transfer_canceled: row(40, 409, false, 'The transfer was canceled before this step came.'),
  transfer_decided: row(50, 409, false, 'The transfer is past its pivot and can only go forward.'),
  placement_not_allowed: row(
    55,
    400,
    false,
    'A compact tenant keeps everything together: its accounts take no placement group.',
  ),
  account_not_found: row(60, 404, false, 'There is no such account.'),
  same_account: row(70, 400, false, 'A leg needs two different accounts.'),
  amount_not_positive: row(80, 400, false, 'An amount must be greater than zero.'),
  asset_mismatch: row(90, 400, false, 'The asset of the leg is not the asset of its account.'),
  counter_overflow: row(100, 422, false, 'A counter of the account would exceed 38 digits.'),
  account_closed: row(110, 422, true, 'The account is closed.'),
  account_frozen: row(120, 422, true, 'The account is frozen for this side.'),
  insufficient_funds: row(130, 422, true, 'The account does not have that much available.'),
  balance_limit_exceeded: row(140, 422, true, 'The account would exceed its maximum balance.'),
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
