import type { AccountId } from '../domain/ids.js';
import type { Leg, Plan, PlannedLeg } from '../domain/transfer.js';

export type Route =
  | { readonly kind: 'local'; readonly shard: number }
  | { readonly kind: 'saga'; readonly plan: Plan };

/**
 * Which shards a transfer touches and in what order. Pure; made once, at intake, and frozen in the intent.
 * The coordinator is the first debit's shard. Shards that are debited come before those that are only credited, so
 * that what can be refused for lack of funds is tried first; among equals the lower number. The last is the pivot.
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
  const debited = new Set(planned.map(({ debitShard }) => debitShard));
  const others = new Set(planned.flatMap(({ debitShard, creditShard }) => [debitShard, creditShard]));
  others.delete(coordinator);
  if (others.size === 0) return { kind: 'local', shard: coordinator };
  const creditedOnly = (shard: number): number => (debited.has(shard) ? 0 : 1);
  const participants = [...others].sort((a, b) => creditedOnly(a) - creditedOnly(b) || a - b);
  return { kind: 'saga', plan: { coordinator, participants, legs: planned } };
}
