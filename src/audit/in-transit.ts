import { DivergenceError } from './divergence.js';
import type { Sagas } from './sagas.js';
import type { ShardBooks } from './shard-books.js';

/**
 * P6: between two shards, what their in-transit accounts of a tenant and asset do not settle is exactly what is posted
 * on one side and not yet on the other.
 */
export function checkInTransit(books: readonly ShardBooks[], sagas: Sagas): void {
  const sums = new Map<string, bigint>();
  const add = (tenant: string, asset: string, [a, b]: readonly [number, number], amount: bigint): void => {
    const name = `${tenant} ${asset} shards ${a} and ${b}`;
    sums.set(name, (sums.get(name) ?? 0n) + amount);
  };
  for (const { shard, accounts } of books) {
    for (const { kind, tenant, asset, peer, counters } of accounts.values()) {
      if (kind !== 'in_transit' || peer === null) continue;
      add(tenant, asset, shard < peer ? [shard, peer] : [peer, shard], counters[1] - counters[0]);
    }
  }
  for (const { tenant, asset, pair, amount } of sagas.onTheWay()) add(tenant, asset, pair, -amount);
  for (const [name, sum] of sums) {
    if (sum === 0n) continue;
    const what = `in transit of ${name}, less what is on the way`;
    throw new DivergenceError({ shard: -1, what, expected: '0', found: sum.toString() });
  }
}
