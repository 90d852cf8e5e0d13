import type { Account } from './account.js';
import { type Signing, UNSIGNED } from './checkpoint.js';
import type { Claim } from './claim.js';
import type { AccountId, ClaimId, ScheduleId, TenantId, TransferId } from './ids.js';
import type { ScheduleState } from './schedule.js';
import type { TransferState } from './transfer.js';

/** What one shard is, apart from what it holds. */
export interface ShardIdentity {
  readonly shard: number;
  readonly cluster: string;
  readonly buckets: readonly (readonly [number, number])[];
  readonly writerVersion: number;
}

export interface TenantState {
  readonly placement: 'compact' | 'spread';
  readonly seq: number;
}

/** A claim and the event that holds it. */
export interface KeptClaim {
  readonly claim: Claim;
  readonly seq: number;
}

/** What `decide` may look at. Whoever calls it has loaded everything `touches(command)` names. */
export interface LedgerView {
  readonly shard: number;
  identity(): ShardIdentity | undefined;
  signing(): Signing | undefined;
  tenant(id: TenantId): TenantState | undefined;
  account(id: AccountId): Account | undefined;
  transfer(id: TransferId): TransferState | undefined;
  claim(id: ClaimId): KeptClaim | undefined;
  schedule(id: ScheduleId): ScheduleState | undefined;
}

/** What `evolve` writes to. */
export interface LedgerState extends LedgerView {
  setIdentity(identity: ShardIdentity): void;
  setSigning(signing: Signing): void;
  setTenant(id: TenantId, tenant: TenantState): void;
  setAccount(account: Account): void;
  setTransfer(transfer: TransferState): void;
  setClaim(kept: KeptClaim): void;
  setSchedule(schedule: ScheduleState): void;
}

/** The plainest state: everything in maps. For tests, replays and simulations; posting has a bounded one. */
export class MemoryState implements LedgerState {
  private self: ShardIdentity | undefined;
  /** Undefined where it is not known yet. */
  protected signed: Signing | undefined = UNSIGNED;
  readonly tenants = new Map<TenantId, TenantState>();
  readonly accounts = new Map<AccountId, Account>();
  readonly transfers = new Map<TransferId, TransferState>();
  readonly claims = new Map<ClaimId, KeptClaim>();
  readonly schedules = new Map<ScheduleId, ScheduleState>();

  constructor(readonly shard: number) {}

  identity = (): ShardIdentity | undefined => this.self;
  signing = (): Signing | undefined => this.signed;
  tenant = (id: TenantId) => this.tenants.get(id);
  account = (id: AccountId) => this.accounts.get(id);
  transfer = (id: TransferId) => this.transfers.get(id);
  claim = (id: ClaimId) => this.claims.get(id);
  schedule = (id: ScheduleId) => this.schedules.get(id);
  setIdentity = (identity: ShardIdentity): void => {
    this.self = identity;
  };
  setSigning = (signing: Signing): void => {
    this.signed = signing;
  };
  setTenant = (id: TenantId, tenant: TenantState): void => {
    this.tenants.set(id, tenant);
  };
  setAccount = (account: Account): void => {
    this.accounts.set(account.id, account);
  };
  setTransfer = (transfer: TransferState): void => {
    this.transfers.set(transfer.id, transfer);
  };
  setClaim = (kept: KeptClaim): void => {
    this.claims.set(kept.claim.id, kept);
  };
  setSchedule = (schedule: ScheduleState): void => {
    this.schedules.set(schedule.id, schedule);
  };
}

/** What would be if some events were: reads through to `base`, keeps what is set to itself. */
export class Overlay extends MemoryState {
  constructor(private readonly base: LedgerView) {
    super(base.shard);
    this.signed = base.signing();
    const identity = base.identity();
    if (identity !== undefined) this.setIdentity(identity);
  }
  override tenant = (id: TenantId) => this.tenants.get(id) ?? this.base.tenant(id);
  override account = (id: AccountId) => this.accounts.get(id) ?? this.base.account(id);
  override transfer = (id: TransferId) => this.transfers.get(id) ?? this.base.transfer(id);
  override claim = (id: ClaimId) => this.claims.get(id) ?? this.base.claim(id);
  override schedule = (id: ScheduleId) => this.schedules.get(id) ?? this.base.schedule(id);
}
