import { LRUCache } from 'lru-cache';
import type { Account } from '../domain/account.js';
import type { Signing } from '../domain/checkpoint.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import type { ScheduleState } from '../domain/schedule.js';
import type { KeptClaim, LedgerState, ShardIdentity, TenantState } from '../domain/state.js';
import type { TransferState } from '../domain/transfer.js';

export interface CacheSizes {
  readonly accounts: number;
  readonly transfers: number;
}

/** Over all transfers: one has up to a hundred, once as this shard has them and once in its plan. Some 300 bytes each. */
const MOST_LEGS = 400_000;

export const DEFAULT_CACHE_SIZES: CacheSizes = { accounts: 100_000, transfers: 20_000 };

/**
 * A node's bounded copy of what is committed in one shard. Holds no "there is none": absence is read each time. So a
 * claim is looked for in the shard at every command anyway, and the few that are found there need no copy here.
 */
export class ShardCache implements LedgerState {
  private self: ShardIdentity | undefined;
  private signed: Signing | undefined;
  private readonly tenants = new Map<TenantId, TenantState>();
  private readonly accounts: LRUCache<AccountId, Account>;
  private readonly transfers: LRUCache<TransferId, TransferState>;

  constructor(
    readonly shard: number,
    sizes: CacheSizes,
  ) {
    this.accounts = new LRUCache({ max: sizes.accounts });
    this.transfers = new LRUCache({
      max: sizes.transfers,
      maxSize: MOST_LEGS,
      sizeCalculation: ({ first, plan }) => 1 + (first?.legs.length ?? 0) + (plan?.legs.length ?? 0),
    });
  }

  get accountCount(): number {
    return this.accounts.size;
  }

  identity = (): ShardIdentity | undefined => this.self;
  signing = (): Signing | undefined => this.signed;
  tenant = (id: TenantId): TenantState | undefined => this.tenants.get(id);
  account = (id: AccountId): Account | undefined => this.accounts.get(id);
  transfer = (id: TransferId): TransferState | undefined => this.transfers.get(id);
  claim = (): KeptClaim | undefined => undefined;
  /** Read for each of their few commands. */
  schedule = (): ScheduleState | undefined => undefined;

  setIdentity(identity: ShardIdentity): void {
    this.self = identity;
  }
  setSigning(signing: Signing): void {
    this.signed = signing;
  }
  setTenant(id: TenantId, tenant: TenantState): void {
    this.tenants.set(id, tenant);
  }
  setAccount(account: Account): void {
    this.accounts.set(account.id, account);
  }
  /** What has ended is only asked for by repeats and reversals: those may read it. */
  setTransfer(transfer: TransferState): void {
    const { first, last } = transfer;
    const open =
      last === undefined && first?.result === 'done' && (first.step === 'try' || first.step === 'hold');
    if (open) this.transfers.set(transfer.id, transfer);
    else this.transfers.delete(transfer.id);
  }
  setClaim(): void {
    // See above.
  }
  setSchedule(): void {
    // See above.
  }

  clear(): void {
    this.self = undefined;
    this.signed = undefined;
    this.tenants.clear();
    this.accounts.clear();
    this.transfers.clear();
  }
}
