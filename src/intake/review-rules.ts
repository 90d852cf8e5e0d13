import type { Asset } from '../domain/asset.js';
import type { ReviewReason, ReviewTerms } from '../domain/review.js';
import type { TransferTerms } from './requests.js';

/** Which transfers wait for a person, apart from those that debit a marked account, and for how long. */
export interface ReviewRules {
  /** Undecided for longer, milliseconds, a transfer is rejected. */
  readonly deadlineMs: number;
  /** Undecided for longer, milliseconds, it is listed as escalated. */
  readonly escalateMs: number;
  /** A transfer that moves more of an asset than this, in minor units, over all its legs. */
  readonly above: ReadonlyMap<Asset, bigint>;
}

const DAY_MS = 86_400_000;
export const USUAL_REVIEW_RULES: ReviewRules = {
  deadlineMs: 7 * DAY_MS,
  escalateMs: DAY_MS,
  above: new Map(),
};

/** Says for each transfer how long it may wait and whether it must. */
export class ReviewClerk {
  private second = 0;
  private times: ReviewTerms = {};

  constructor(private readonly rules: ReviewRules) {}

  of({ legs, review }: TransferTerms, askedMs: number): ReviewTerms {
    const times = this.timesFrom(Math.ceil(askedMs / 1_000));
    if (review === true) return { ...times, reason: { code: 'requested' } };
    const { above } = this.rules;
    return above.size > 0 && exceeds(legs, above) ? { ...times, reason: BY_AMOUNT } : times;
  }

  /** Written out once a second: nearly no transfer needs them. */
  private timesFrom(second: number): ReviewTerms {
    if (second !== this.second) {
      const { deadlineMs, escalateMs } = this.rules;
      const after = (ms: number): string => new Date(second * 1_000 + ms).toISOString();
      this.times = { deadline: after(deadlineMs), escalateAt: after(escalateMs) };
      this.second = second;
    }
    return this.times;
  }
}

const BY_AMOUNT: ReviewReason = { code: 'amount' };

function exceeds(legs: TransferTerms['legs'], above: ReviewRules['above']): boolean {
  const sums = new Map<Asset, bigint>();
  for (const { asset, amount } of legs) sums.set(asset, (sums.get(asset) ?? 0n) + amount);
  return [...sums].some(([asset, sum]) => sum > (above.get(asset) ?? sum));
}
