import type { LedgerEvent } from '../consumer/index.js';
import type { Reason } from './alert.js';
import type { FraudConfig } from './config/fraud-config.js';

/** What the rules say about a transfer that waits for a review: carried out by whoever may, if nobody decided before. */
export interface ReviewDecision {
  /** The event with which it began to wait: `<shard>-<seq>`. */
  readonly event: string;
  readonly tenant: string;
  readonly transfer: string;
  readonly decision: 'approve' | 'decline';
  /** 0 … 100: the highest that one of its accounts reached with it. */
  readonly score: number;
  /** Of that account. */
  readonly reasons: readonly Reason[];
  /** Goes into the journal with the decision; at most 1,000 characters. */
  readonly note: string;
  /** The idempotency key: the transfer and the rules have one, whoever sends it and how often. */
  readonly key: string;
}

/** How suspicious an account of the event became with it. */
export interface Scored {
  readonly account: string;
  readonly score: number;
  readonly reasons: readonly Reason[];
}

/**
 * Undefined where a person is to decide: between the thresholds, of a review that the rules are not for, or where they know
 * too little to approve: nobody was scored, or money leaves accounts of other shards, which are not known here. `scored`:
 * of the event's accounts, those that are not exempt.
 */
export function decisionOf(
  event: string,
  data: LedgerEvent,
  scored: readonly Scored[],
  { reviews, ruleSet }: FraudConfig,
): ReviewDecision | undefined {
  if (data.type !== 'transfer.review' || !reviews.reasons.includes(data.reason.code)) return undefined;
  const [worst] = [...scored].sort((a, b) => b.score - a.score);
  if (worst === undefined) return undefined;
  const { score, reasons } = worst;
  const { approveBelow, declineFrom } = reviews;
  const declines = score >= declineFrom;
  const allKnown = data.plan?.legs.every(({ debitShard }) => debitShard === data.plan?.coordinator) ?? true;
  if (!declines && !(score < approveBelow && allKnown)) return undefined;
  const because = declines ? `declined from ${declineFrom}` : `approved below ${approveBelow}`;
  const whys = reasons.map(({ rule, why }) => `; ${rule}: ${why}`).join('');
  const { tenant, transfer } = data;
  return {
    event,
    tenant,
    transfer,
    decision: declines ? 'decline' : 'approve',
    score,
    reasons,
    note: `saldo fraud, rules ${ruleSet}: score ${score} of ${worst.account}, ${because}${whys}`.slice(
      0,
      1_000,
    ),
    key: `saldo-fraud/review/${transfer}/${ruleSet}`,
  };
}

/** As it is printed. */
export const decisionData = ({ key, ...decision }: ReviewDecision) => ({ ...decision, idempotency_key: key });
