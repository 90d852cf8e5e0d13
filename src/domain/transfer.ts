import type { Asset } from './asset.js';
import {
  type AccountId,
  inTransitAccountId,
  type ScheduleId,
  type TenantId,
  type TransferId,
} from './ids.js';
import type { Rejection } from './rejections.js';
import type { ReviewedStep } from './review.js';

/** One debit account, one credit account, one amount in minor units. */
export interface Leg {
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: bigint;
  readonly asset: Asset;
}

/** A leg of the whole transfer with the shards its accounts live on. */
export interface PlannedLeg extends Leg {
  readonly debitShard: number;
  readonly creditShard: number;
}

/** Made once at intake and frozen in the intent: everybody reads it, nobody computes it again. */
export interface Plan {
  readonly coordinator: number;
  /** The other shards in the order of their tries; the last is the pivot. */
  readonly participants: readonly number[];
  /** Of a hold with debits on several shards: these are all that take part, and only the debits are set aside. */
  readonly holds?: true;
  readonly legs: readonly PlannedLeg[];
}

/** The shard whose commit decides, always the last participant and never the coordinator. */
export function pivotOf(plan: Plan): number {
  const pivot = plan.participants.at(-1);
  if (pivot === undefined) throw new RangeError('a plan needs a participant besides its coordinator');
  return pivot;
}

/**
 * A leg as one shard's books see it: a side that lives elsewhere is the in-transit account of that peer. `account` is who
 * really is on that side, so that readers of one shard's journal know both parties.
 */
export interface LocalLeg extends Leg {
  readonly inTransit?: {
    readonly side: 'debit' | 'credit';
    readonly peer: number;
    readonly account: AccountId;
  };
}

/** The legs of a plan that touch `shard`, balanced on their own by the in-transit accounts. */
export function legsAt(plan: Plan, shard: number, tenant: TenantId): LocalLeg[] {
  const legs: LocalLeg[] = [];
  for (const { debit, credit, amount, asset, debitShard, creditShard } of plan.legs) {
    if (debitShard === shard && creditShard === shard) {
      legs.push({ debit, credit, amount, asset });
    } else if (debitShard === shard) {
      const transit = inTransitAccountId(tenant, shard, creditShard, asset);
      legs.push({
        debit,
        credit: transit,
        amount,
        asset,
        inTransit: { side: 'credit', peer: creditShard, account: credit },
      });
    } else if (creditShard === shard) {
      const transit = inTransitAccountId(tenant, shard, debitShard, asset);
      legs.push({
        debit: transit,
        credit,
        amount,
        asset,
        inTransit: { side: 'debit', peer: debitShard, account: debit },
      });
    }
  }
  return legs;
}

/** Those of them that are debited here: all that a hold sets aside, and that is to be freed of one. */
export const debitsAt = (plan: Plan, shard: number, tenant: TenantId): LocalLeg[] =>
  legsAt(plan, shard, tenant).filter(({ inTransit }) => inTransit?.side !== 'debit');

/** Some of a leg of an earlier transfer: of a hold to capture or free, of a posted one to reverse. */
export interface Part {
  /** Index of the leg in the earlier transfer, from 0. */
  readonly leg: number;
  readonly amount: bigint;
}

/** What a saga does to an earlier transfer, whose coordinator is its own: it sets the parts aside there. */
export type FollowUp =
  | { readonly kind: 'reversal'; readonly of: TransferId; readonly parts: readonly Part[] }
  | {
      readonly kind: 'capture';
      readonly of: TransferId;
      readonly parts: readonly Part[];
      /** When it is confirmed, what then remains of the hold comes free. */
      readonly final: boolean;
    }
  /** Parts of a hold that its coordinator has freed, whose debits other shards have set aside. */
  | { readonly kind: 'release'; readonly of: TransferId; readonly parts: readonly Part[] };

/** What can only go forward is never too late. */
export const NEVER = '9999-12-31T23:59:59.999Z';

/**
 * What the legs of a saga's step are, where it does not move both sides of each: a hold's, whose debits are set aside; a
 * capture's, whose debits a hold has set aside where they are on the same shard; those that a release frees, on one shard.
 */
export type Purpose = 'hold' | 'capture' | 'release';

/** Whether what a step or a review is about sets its debits aside, here or also elsewhere. */
export const isHoldStep = (step: string | undefined, plan: Plan | undefined): boolean =>
  step === 'hold' || plan?.holds === true;

/** Of a step as its command or its event says it. */
export function purposeOf(step: {
  readonly intent?: { readonly plan: Plan };
  readonly follows?: FollowUp;
  readonly holds?: true;
  readonly captures?: TransferId;
  readonly releases?: TransferId;
}): Purpose | undefined {
  if (step.holds === true || step.intent?.plan.holds === true) return 'hold';
  if (step.captures !== undefined || step.follows?.kind === 'capture') return 'capture';
  return step.releases !== undefined || step.follows?.kind === 'release' ? 'release' : undefined;
}

/** The durable intent of a saga, at its coordinator. */
export interface Intent {
  readonly plan: Plan;
  /** RFC 3339: undecided after this, it is canceled. */
  readonly deadline: string;
}

/** How an amount is brought to whole minor units. */
export const ROUNDINGS = ['half_even', 'half_up', 'down', 'up'] as const;
export type Rounding = (typeof ROUNDINGS)[number];

/** That one leg is another's amount at a rate: `legs[buy].amount = legs[sell].amount × rate`, rounded as said. */
export interface FxRate {
  readonly sell: number;
  readonly buy: number;
  /** Decimal string: units of the bought asset for one unit of the sold one. */
  readonly rate: string;
  readonly rounding: Rounding;
}

/** Which occurrence of which schedule made a transfer; said in the transfer's own event. */
export interface OccurrenceOf {
  readonly schedule: ScheduleId;
  /** From 1, without a gap. */
  readonly number: number;
}

/** What the caller says of a transfer besides its legs; kept in its event as it is. */
export interface TransferDetails {
  /** The caller's own name for it; need not be unique. */
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** RFC 3339: when it counts, where that is not when it was booked. */
  readonly effectiveAt?: string;
  readonly fx?: readonly FxRate[];
  /** The system's own word: the occurrence that made it. */
  readonly occurrence?: OccurrenceOf;
}

/**
 * What a shard does first for an operation. `post`: a local transfer in one commit. `pivot`: try and confirm in one
 * commit, the decision to go forward. `hold`: debits set aside until captured, voided or expired. `review`: set aside
 * until a person decides.
 */
export type FirstStep =
  | 'post'
  | 'try'
  | 'pivot'
  | 'hold'
  | 'capture'
  | 'void'
  | 'change'
  | 'schedule'
  | 'unschedule'
  | 'review'
  | 'approve'
  | 'decline';
/** What ends it: a saga's part, a hold, or a review that was not approved. */
export type LastStep = 'confirm' | 'cancel' | 'capture' | 'void' | 'expire' | 'decline';
export type Step = FirstStep | LastStep;
export type StepResult = 'done' | 'rejected' | 'tombstone';

/** Why a transfer was given up: a participant's rejection, or nobody's. */
export interface CancelReason {
  readonly code: 'rejected' | 'deadline' | 'operator';
  readonly shard?: number;
  readonly rejection?: Rejection;
}

export interface RecordedStep {
  readonly step: Step;
  readonly result: StepResult;
  readonly seq: number;
}

/** What became of one leg of a hold: the three add up to the leg's amount while it is open. */
export interface HoldPart {
  readonly remaining: bigint;
  /** Set aside by captures across shards that have not ended. */
  readonly capturing: bigint;
  readonly captured: bigint;
}

/** What a shard knows of a review. */
export interface ReviewState {
  readonly step: ReviewedStep;
  readonly decided: boolean;
}

/** What one shard knows of one operation: at most a first step and a last one. */
export interface TransferState {
  readonly id: TransferId;
  readonly tenant: TenantId;
  readonly first?: RecordedStep & { readonly legs: readonly LocalLeg[]; readonly rejection?: Rejection };
  readonly last?: RecordedStep & { readonly reason?: CancelReason };
  /** Set on the shard that holds the intent. */
  readonly coordinates: boolean;
  /** Of a saga or of a hold across shards, at its coordinator: the whole of it. */
  readonly plan?: Plan;
  /** Of a saga's part that does not move both sides of its legs. */
  readonly purpose?: Purpose;
  /** Of a saga that does something to an earlier transfer, at the coordinator. */
  readonly follows?: FollowUp;
  /** Of a hold, by leg: of its plan, where it has one. Absent until it is held. */
  readonly hold?: readonly HoldPart[];
  /** Of a hold with debits on several shards, at its coordinator: the confirm that made it one. */
  readonly heldBy?: number;
  readonly expiresAt?: string;
  /** If it had to wait for a person; once approved, all else is as if it had not. */
  readonly review?: ReviewState;
  /** How much of each leg was reversed; absent while nothing was. Of a saga, by leg of its plan. */
  readonly reversed?: readonly bigint[];
  /** What reversals across shards that have not ended set aside of it, likewise. */
  readonly reversing?: readonly bigint[];
}
