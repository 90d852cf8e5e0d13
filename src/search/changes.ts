import type { AccountStatus, Entry } from '../domain/account.js';
import type { Asset } from '../domain/asset.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import type { HoldPart, Leg } from '../domain/transfer.js';
import type { TransferKind, TransferStatus } from './views.js';

/** What never changes about a transfer. */
export interface TransferFacts {
  readonly tenant: TenantId;
  readonly kind: TransferKind;
  readonly createdAt: string;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly parent?: TransferId;
  readonly legs: readonly Leg[];
}

export interface TransferProgress {
  readonly tenant: TenantId;
  readonly status: TransferStatus;
  readonly endedAt?: string;
  readonly effectiveAt?: string;
  /** Of a hold, by leg. */
  readonly hold?: readonly HoldPart[];
  /** Of a hold that has ended: what it is if none of the captures still under way is posted. */
  readonly closedAs?: 'canceled' | 'expired';
  /** Of a hold: how many releases of what other shards have set aside are under way. */
  readonly releases?: number;
  /** Where they take the place of those that it was scheduled with. */
  readonly legs?: readonly Leg[];
}

/** A shard's part in a transfer across shards, tried and not ended. */
export interface OpenPart {
  readonly tenant: TenantId;
  readonly coordinates: boolean;
  readonly effectiveAt?: string;
  readonly inTransit: readonly AccountId[];
}

/** What the database has of what a batch's events are about. */
export interface Known {
  readonly transfers: ReadonlyMap<TransferId, TransferProgress>;
  readonly parts: ReadonlyMap<TransferId, OpenPart>;
}

export interface OpenedAccount {
  readonly tenant: TenantId;
  readonly account: AccountId;
  readonly asset: Asset;
  readonly reference?: string;
}

export interface PostedEntry {
  readonly tenant: TenantId;
  readonly account: AccountId;
  readonly version: number;
  readonly effectiveAt: string;
  readonly debits: bigint;
  readonly credits: bigint;
}

/** Everything a batch of one shard's events changes, each row once and as it is after the whole of it. */
export interface Changes {
  readonly created: Map<TransferId, TransferFacts>;
  /** Of what was created, and of known transfers that changed. */
  readonly progress: Map<TransferId, TransferProgress>;
  readonly opened: OpenedAccount[];
  readonly statuses: Map<AccountId, { readonly tenant: TenantId; readonly status: AccountStatus }>;
  /** The last entry of each account that had one. */
  readonly counters: Map<AccountId, { readonly tenant: TenantId; readonly last: Entry }>;
  readonly entries: PostedEntry[];
  readonly begun: Map<TransferId, OpenPart>;
  /** Known parts that are over. */
  readonly over: Set<TransferId>;
}

export const noChanges = (): Changes => ({
  created: new Map(),
  progress: new Map(),
  opened: [],
  statuses: new Map(),
  counters: new Map(),
  entries: [],
  begun: new Map(),
  over: new Set(),
});
