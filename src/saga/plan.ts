import type { AccountId } from '../domain/ids.js';
import { planOf } from '../domain/plan.js';
import type { Leg, Plan, PlannedLeg } from '../domain/transfer.js';

export type Route =
  | { readonly kind: 'local'; readonly shard: number }
  | { readonly kind: 'saga'; readonly plan: Plan };

/**
 * Which shards a transfer touches and in what order. Pure; made once, at intake, and frozen in the intent.
 * The coordinator is the first debit's shard.
 */
export function routeOf(legs: readonly Leg[], shardOf: (account: AccountId) => number): Route {
  const [only] = legs;
  if (legs.length === 1 && only !== undefined) {
    // Most transfers, written out: a copy by spreading costs ten times as much (docs/performance.md).
    const { debit, credit, amount, asset } = only;
    const [debitShard, creditShard] = [shardOf(debit), shardOf(credit)];
    if (debitShard === creditShard) return { kind: 'local', shard: debitShard };
    const planned = [{ debit, credit, amount, asset, debitShard, creditShard }];
    return { kind: 'saga', plan: { coordinator: debitShard, participants: [creditShard], legs: planned } };
  }
  const planned: PlannedLeg[] = legs.map((leg) => ({
    ...leg,
    debitShard: shardOf(leg.debit),
    creditShard: shardOf(leg.credit),
  }));
  const coordinator = planned[0]?.debitShard;
  if (coordinator === undefined) throw new RangeError('a transfer has at least one leg');
  const plan = planOf(coordinator, planned);
  return plan === undefined ? { kind: 'local', shard: coordinator } : { kind: 'saga', plan };
}
