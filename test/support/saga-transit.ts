import assert from 'node:assert/strict';
import { balanceOf } from '../../src/domain/account.js';
import type { Asset } from '../../src/domain/asset.js';
import { type AccountId, inTransitAccountId, type TenantId } from '../../src/domain/ids.js';
import type { MemoryState } from '../../src/domain/state.js';
import type { PlannedLeg } from '../../src/domain/transfer.js';

/** What is in transit between shards, compared with what one side has posted of transfers and the other not. */
export class TransitBooks {
  /** Which two shards an account stands between: found once. */
  private readonly between = new Map<AccountId, readonly [number, number]>();
  private sums = new Map<string, bigint>();

  constructor(
    private readonly tenant: TenantId,
    private readonly shards: readonly MemoryState[],
  ) {}

  /** A leg of a transfer, and which of its sides are posted. */
  add({ debitShard, creditShard, amount, asset }: PlannedLeg, debited: boolean, credited: boolean): void {
    if (debitShard === creditShard) return;
    if (debited) this.sum(debitShard, creditShard, asset, -amount);
    if (credited) this.sum(debitShard, creditShard, asset, amount);
  }

  /** Takes the accounts, and begins anew. */
  check(): void {
    for (const state of this.shards) {
      for (const { id, kind, asset, counters } of state.accounts.values()) {
        if (kind !== 'in_transit') continue;
        const [shard, peer] = this.pairOf(state.shard, id, asset);
        this.sum(shard, peer, asset, balanceOf(counters));
      }
    }
    for (const [pair, sum] of this.sums) assert.equal(sum, 0n, `in transit between ${pair}`);
    this.sums = new Map();
  }

  private sum(a: number, b: number, asset: string, amount: bigint): void {
    const pair = `${Math.min(a, b)}-${Math.max(a, b)} ${asset}`;
    this.sums.set(pair, (this.sums.get(pair) ?? 0n) + amount);
  }

  private pairOf(shard: number, id: AccountId, asset: Asset): readonly [number, number] {
    const known = this.between.get(id);
    if (known !== undefined) return known;
    const peer = this.shards.find((one) => inTransitAccountId(this.tenant, shard, one.shard, asset) === id);
    assert.ok(peer !== undefined, `${id} of shard ${shard} is in transit to no shard`);
    const pair = [shard, peer.shard] as const;
    this.between.set(id, pair);
    return pair;
  }
}
