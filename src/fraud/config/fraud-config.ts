import type { Asset } from '../../domain/asset.js';

export type Side = 'debit' | 'credit';

/** Minor units by asset. */
export type Amounts = ReadonlyMap<Asset, bigint>;

interface Named {
  readonly name: string;
  /** What it adds to an event's score. */
  readonly score: number;
}
/** A stretch of time that ends with the event. */
interface Windowed extends Named {
  readonly windowMs: number;
  /** As the file has it, for what people read. */
  readonly window: string;
}
/** More movements, or more money, than usual within the window. */
export interface VelocityRule extends Windowed {
  readonly kind: 'velocity';
  readonly side: Side;
  readonly countAbove?: number;
  readonly amountAbove?: Amounts;
}
/** A debit of many times what the account's debits were on average. */
export interface UnusualAmountRule extends Named {
  readonly kind: 'unusual_amount';
  /** How many debits make a history. */
  readonly after: number;
  readonly times: number;
  readonly atLeast?: Amounts;
}
/** Money to, or from, many different accounts within the window. */
export interface FanRule extends Windowed {
  readonly kind: 'fan_out' | 'fan_in';
  readonly partiesAbove: number;
}
/** The first debit to an account, by one that has a history. */
export interface NewCounterpartyRule extends Named {
  readonly kind: 'new_counterparty';
  readonly after: number;
  readonly atLeast?: Amounts;
}
/** Several amounts that stay just below a limit. */
export interface StructuringRule extends Windowed {
  readonly kind: 'structuring';
  readonly side: Side;
  readonly limit: Amounts;
  readonly withinPercent: number;
  readonly count: number;
}
export type Rule = VelocityRule | UnusualAmountRule | FanRule | NewCounterpartyRule | StructuringRule;

/** Accounts that are nobody's customer's: not scored, though others' dealings with them are. */
export interface Exempt {
  /** Those without a lower limit: the institution's own. */
  readonly unlimited: boolean;
  readonly referencePrefixes: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** Which transfers in review are decided, by their score, and which are left to people. */
export interface ReviewPolicy {
  /** A score below this is approved; 0: none is. */
  readonly approveBelow: number;
  /** A score from this on is declined; above 100: none is. */
  readonly declineFrom: number;
  /** Why they went to review; others are left to people. */
  readonly reasons: readonly ReviewCause[];
}
export const REVIEW_CAUSES = ['account', 'amount', 'requested'] as const;
export type ReviewCause = (typeof REVIEW_CAUSES)[number];

export interface FraudConfig {
  /** Names what the file says: 12 hexadecimal digits, the same however it is laid out. */
  readonly ruleSet: string;
  /** Which time counts: when it was booked, or when the caller said that it counts (never later than booked). */
  readonly time: 'booked' | 'effective';
  readonly exempt: Exempt;
  readonly rules: readonly Rule[];
  /** The score from which an event is told. */
  readonly alertAt: number;
  /** The score from which the account is put under review; above 100: never. */
  readonly reviewAt: number;
  readonly reviews: ReviewPolicy;
}
