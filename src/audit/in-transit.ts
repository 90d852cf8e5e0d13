import { DivergenceError } from './divergence.js';
import type { ShardReport } from './report.js';
import type { OnTheWay } from './sagas.js';

/**
 * P6: between two shards, what their in-transit accounts of a tenant and asset do not settle is exactly what is posted
 * on one side and not yet on the other.
 */
export class InTransit {
  private readonly sums = new Map<string, bigint>();

  /** Something is on the way, of a transfer that is open. */
  onTheWay({ tenant, asset, pair, amount }: OnTheWay): void {
    this.add(tenant, asset, pair, -amount);
  }

  /** The in-transit accounts of a shard. */
  accounts({ shard, inTransit }: ShardReport): void {
    for (const { tenant, asset, peer, balance } of inTransit) {
      this.add(tenant, asset, shard < peer ? [shard, peer] : [peer, shard], BigInt(balance));
    }
  }

  check(): void {
    for (const [name, sum] of this.sums) {
      if (sum === 0n) continue;
      const what = `in transit of ${name}, less what is on the way`;
      throw new DivergenceError({ shard: -1, what, expected: '0', found: sum.toString() });
    }
  }

  private add(tenant: string, asset: string, [a, b]: readonly [number, number], amount: bigint): void {
    const name = `${tenant} ${asset} shards ${a} and ${b}`;
    this.sums.set(name, (this.sums.get(name) ?? 0n) + amount);
  }
}
