import type { Asset } from './asset.js';
import { type AccountId, inTransitAccountId, type TenantId, type TransferId } from './ids.js';
import type { Rejection } from './rejections.js';

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
  readonly legs: readonly PlannedLeg[];
}

/** The shard whose commit decides, always the last participant and never the coordinator. */
export function pivotOf(plan: Plan): number {
  const pivot = plan.participants.at(-1);
  if (pivot === undefined) throw new RangeError('a plan needs a participant besides its coordinator');
  return pivot;
}

/** A leg as one shard's books see it: a side that lives elsewhere is the in-transit account of that peer. */
export interface LocalLeg extends Leg {
  readonly inTransit?: { readonly side: 'debit' | 'credit'; readonly peer: number };
}

/** The legs of a plan that touch `shard`, balanced on their own by the in-transit accounts. */
export function legsAt(plan: Plan, shard: number, tenant: TenantId): LocalLeg[] {
  const legs: LocalLeg[] = [];
  for (const { debit, credit, amount, asset, debitShard, creditShard } of plan.legs) {
    if (debitShard === shard && creditShard === shard) {
      legs.push({ debit, credit, amount, asset });
    } else if (debitShard === shard) {
      const transit = inTransitAccountId(tenant, shard, creditShard, asset);
      legs.push({ debit, credit: transit, amount, asset, inTransit: { side: 'credit', peer: creditShard } });
    } else if (creditShard === shard) {
      const transit = inTransitAccountId(tenant, shard, debitShard, asset);
      legs.push({ debit: transit, credit, amount, asset, inTransit: { side: 'debit', peer: debitShard } });
    }
  }
  return legs;
}

/** `post`: a local transfer in one commit. `pivot`: try and confirm in one commit, the decision to go forward. */
export type FirstStep = 'post' | 'try' | 'pivot';
export type LastStep = 'confirm' | 'cancel';
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

/** What one shard knows of one transfer: at most a first step and a last one. */
export interface TransferState {
  readonly id: TransferId;
  readonly tenant: TenantId;
  readonly first?: RecordedStep & { readonly legs: readonly LocalLeg[]; readonly rejection?: Rejection };
  readonly last?: RecordedStep & { readonly reason?: CancelReason };
  /** Set on the shard that holds the intent. */
  readonly coordinates: boolean;
}
