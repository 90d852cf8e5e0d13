import { LRUCache } from 'lru-cache';
import type { Asset } from '../domain/asset.js';
import type { AccountId, TenantId } from '../domain/ids.js';
import { foremost, type Rejection } from '../domain/rejections.js';
import type { Leg } from '../domain/transfer.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readAccounts } from '../storage/statements/read-accounts.js';
import type { ShardMap } from './shard-map.js';

interface AccountFacts {
  readonly tenant: TenantId;
  readonly asset: Asset;
  readonly kind: 'account' | 'in_transit';
}

/**
 * That an account exists, whose it is and its asset never change: cached for ever, so that a request across shards can
 * be refused for its form before its key is claimed.
 */
export class AccountDirectory {
  private readonly cache = new LRUCache<AccountId, AccountFacts>({ max: 200_000 });

  constructor(
    private readonly map: ShardMap,
    private readonly pools: ShardPools,
  ) {}

  /** Whether it is known without asking a shard that these legs can be. */
  canBe(tenant: TenantId, legs: readonly Leg[]): boolean {
    for (const { debit, credit, amount, asset } of legs) {
      if (debit === credit || amount <= 0n) return false;
      if (!isOf(this.cache.get(debit), tenant, asset) || !isOf(this.cache.get(credit), tenant, asset))
        return false;
    }
    return true;
  }

  /** Why these legs can never be, or undefined. */
  async refusalOf(tenant: TenantId, legs: readonly Leg[]): Promise<Rejection | undefined> {
    await this.load(new Set(legs.flatMap(({ debit, credit }) => [debit, credit])));
    const found: Rejection[] = [];
    for (const { debit, credit, amount, asset } of legs) {
      if (debit === credit) found.push({ code: 'same_account', account: debit });
      if (amount <= 0n) found.push({ code: 'amount_not_positive' });
      for (const account of [debit, credit]) {
        const facts = this.cache.get(account);
        const usable = facts?.tenant === tenant && facts.kind === 'account';
        if (!usable) found.push({ code: 'account_not_found', account });
        else if (facts.asset !== asset) found.push({ code: 'asset_mismatch', account });
      }
    }
    return foremost(found);
  }

  private async load(accounts: ReadonlySet<AccountId>): Promise<void> {
    const byShard = new Map<number, AccountId[]>();
    for (const id of accounts) {
      if (this.cache.has(id)) continue;
      const shard = this.map.shardOf(id);
      byShard.set(shard, [...(byShard.get(shard) ?? []), id]);
    }
    const reads = [...byShard].map(async ([shard, ids]) => {
      const found = await this.pools.read(shard, (pool) => readAccounts(pool, ids));
      for (const account of found) this.cache.set(account.id, account);
    });
    await Promise.all(reads);
  }
}

const isOf = (facts: AccountFacts | undefined, tenant: TenantId, asset: Asset): boolean =>
  facts !== undefined && facts.tenant === tenant && facts.asset === asset && facts.kind === 'account';
