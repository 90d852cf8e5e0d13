import type { TenantId } from './ids.js';
import {
  debitsAt,
  type FollowUp,
  type Leg,
  type LocalLeg,
  legsAt,
  type Part,
  type Plan,
  type PlannedLeg,
} from './transfer.js';

/**
 * Which shards take part beside the coordinator, and in what order. Pure; made once, and frozen in the intent. Shards that
 * are debited come before those that are only credited, so that what can be refused for lack of funds is tried first;
 * among equals the lower number. The last is the pivot. Undefined where all lies on the coordinator itself. A coordinator
 * that no leg touches takes part all the same: of a reversal it sets aside the amount.
 */
export function planOf(coordinator: number, legs: readonly PlannedLeg[]): Plan | undefined {
  const debited = new Set(legs.map(({ debitShard }) => debitShard));
  const others = new Set(legs.flatMap(({ debitShard, creditShard }) => [debitShard, creditShard]));
  others.delete(coordinator);
  if (others.size === 0) return undefined;
  const creditedOnly = (shard: number): number => (debited.has(shard) ? 0 : 1);
  const participants = [...others].sort((a, b) => creditedOnly(a) - creditedOnly(b) || a - b);
  return { coordinator, participants, legs };
}

/** As `planOf`, of the making of a hold, which touches debits alone. Undefined where all of them are the coordinator's. */
export function debitPlanOf(coordinator: number, legs: readonly PlannedLeg[]): Plan | undefined {
  const others = new Set(legs.map(({ debitShard }) => debitShard));
  others.delete(coordinator);
  if (others.size === 0) return undefined;
  return { coordinator, participants: [...others].sort((a, b) => a - b), legs };
}

/** The legs at their coordinator, and the plan where other shards are needed. */
export function plannedAt(
  coordinator: number,
  legs: readonly PlannedLeg[],
  tenant: TenantId,
): { readonly plan?: Plan; readonly legs: readonly LocalLeg[] } {
  const plan = planOf(coordinator, legs);
  return plan === undefined ? { legs: legs.map(plain) } : { plan, legs: legsAt(plan, coordinator, tenant) };
}

/** A shard's part in a saga: its legs, and what they are for. `follows`: what the saga does to an earlier transfer. */
export function partAt(plan: Plan, follows: FollowUp | undefined, shard: number, tenant: TenantId) {
  if (plan.holds === true) return { legs: debitsAt(plan, shard, tenant), holds: plan.holds };
  if (follows?.kind === 'release') return { legs: debitsAt(plan, shard, tenant), releases: follows.of };
  const legs = legsAt(plan, shard, tenant);
  return follows?.kind === 'capture' ? { legs, captures: follows.of } : { legs };
}

const plain = ({ debit, credit, amount, asset }: Leg): Leg => ({ debit, credit, amount, asset });

/** The parts as legs of their own; a part of a leg that is not there is left out. */
export const legsOfParts = <L extends { readonly amount: bigint }>(
  legs: readonly L[],
  parts: readonly Part[],
): L[] =>
  parts.flatMap(({ leg, amount }) => {
    const of = legs[leg];
    return of === undefined ? [] : [{ ...of, amount }];
  });

/** What moves back what the leg moved. */
export const backwards = (leg: PlannedLeg): PlannedLeg => ({
  debit: leg.credit,
  credit: leg.debit,
  amount: leg.amount,
  asset: leg.asset,
  debitShard: leg.creditShard,
  creditShard: leg.debitShard,
});
