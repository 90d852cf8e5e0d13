import type { Account } from './account.js';
import type { HoldTransfer, PivotTransfer, PostTransfer, TryTransfer } from './command.js';
import { entriesOf, movementsOf } from './entries.js';
import type { AccountId } from './ids.js';
import type { Rejection } from './rejections.js';
import type { ReviewReason } from './review.js';
import type { TransferInReview } from './review-event.js';
import type { LedgerView } from './state.js';
import { isHoldStep } from './transfer.js';

type Reviewable = PostTransfer | HoldTransfer | TryTransfer;

/** Why it must wait for a person, if it must. A saga's other participants are not asked: intake looked at their accounts. */
export function reviewReason(
  state: LedgerView,
  command: Reviewable | PivotTransfer,
): ReviewReason | undefined {
  if (command.kind === 'pivot' || (command.kind === 'try' && command.intent === undefined)) return undefined;
  if (command.review?.reason !== undefined) return command.review.reason;
  for (const { debit } of command.legs) {
    if (state.account(debit)?.reviewDebits === true) return { code: 'account', account: debit };
  }
  return undefined;
}

/** What a linked batch, all of which is one commit, says to an item that would have to wait. */
export const unreviewable = (reason: ReviewReason | undefined): Rejection | undefined =>
  reason && {
    code: 'review_required',
    ...(reason.account === undefined ? {} : { account: reason.account }),
  };

/** What is set aside is what the step itself would, so that a decision can not fail. */
export function inReview(
  command: Reviewable,
  reason: ReviewReason,
  accountOf: (id: AccountId) => Account,
): Omit<TransferInReview, 'tenant' | 'transfer' | 'legs'> {
  const { kind: step, legs, review } = command;
  const plan =
    command.kind === 'try' ? command.intent?.plan : command.kind === 'hold' ? command.plan : undefined;
  const movements = movementsOf(isHoldStep(step, plan) ? 'hold' : undefined, legs, 'set_aside');
  const { deadline, escalateAt } = review ?? {};
  return {
    type: 'transfer.review',
    step,
    reason,
    ...(deadline === undefined ? {} : { deadline }),
    ...(escalateAt === undefined ? {} : { escalateAt }),
    ...(plan === undefined ? {} : { plan }),
    ...('expiresAt' in command && command.expiresAt !== undefined ? { expiresAt: command.expiresAt } : {}),
    entries: entriesOf(movements, accountOf),
  };
}
