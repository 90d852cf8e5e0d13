import { type Claim, differingField } from './claim.js';
import type { AccountId, ClaimId, ScheduleId } from './ids.js';
import { bucketOf } from './ids.js';
import type { Rejection } from './rejections.js';
import type { LedgerView } from './state.js';

/** Why a claim can not be taken here: its bucket is elsewhere, or it stands for another request. */
export function claimRefusal(state: LedgerView, claim: Claim | undefined): Rejection | undefined {
  if (claim === undefined) return undefined;
  const elsewhere = bucketRefusal(state, claim.id);
  if (elsewhere !== undefined) return elsewhere;
  const kept = state.claim(claim.id);
  const field = kept === undefined ? undefined : differingField(kept.claim, claim);
  return field === undefined ? undefined : { code: 'idempotency_key_reused', field };
}

/** What an event says of its command's claim: one that is kept here already (its effect was lost with a node) is not written again. */
export const freshClaim = (state: LedgerView, claim: Claim | undefined): { readonly claim?: Claim } =>
  claim !== undefined && state.claim(claim.id) === undefined ? { claim } : NO_CLAIM;
const NO_CLAIM = {};

/** Each shard knows the buckets it owns and refuses the others. */
export function bucketRefusal(
  state: LedgerView,
  id: AccountId | ClaimId | ScheduleId,
): Rejection | undefined {
  const bucket = bucketOf(id);
  const owned = state.identity()?.buckets.some(([first, last]) => bucket >= first && bucket <= last);
  return owned === true ? undefined : { code: 'wrong_shard' };
}
