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
    const shard = shardOf(only.debit);
    if (shard === shardOf(only.credit)) return { kind: 'local', shard };
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
