import type { AccountKind, Entry, Limits } from './account.js';
import type { Asset } from './asset.js';
import type { Claim } from './claim.js';
import type { AccountId, TenantId, TransferId } from './ids.js';
import type { Rejection } from './rejections.js';
import type { CancelReason, FirstStep, LocalLeg, Plan } from './transfer.js';

/** What happened, before the journal gives it a sequence, a time and a hash. */
export type LedgerEvent =
  | {
      readonly type: 'shard.opened';
      readonly cluster: string;
      readonly buckets: readonly (readonly [number, number])[];
    }
  | { readonly type: 'writer_version.raised'; readonly version: number }
  | { readonly type: 'tenant.created'; readonly tenant: TenantId; readonly placement: 'compact' | 'spread' }
  | AccountOpened
  | { readonly type: 'key.claimed'; readonly tenant: TenantId; readonly claim: Claim }
  | TransferPosted
  | TransferTried
  | TransferPivoted
  | TransferRejected
  | TransferConfirmed
  | TransferCanceled;

export interface AccountOpened {
  readonly type: 'account.opened';
  readonly tenant: TenantId;
  readonly account: AccountId;
  readonly kind: AccountKind;
  readonly asset: Asset;
  readonly limits: Limits;
  readonly metadata: Readonly<Record<string, string>>;
  /** Only for in-transit accounts. */
  readonly peer?: number;
  readonly claim?: Claim;
}

interface OfTransfer {
  readonly tenant: TenantId;
  readonly transfer: TransferId;
}
export interface TransferPosted extends OfTransfer {
  readonly type: 'transfer.posted';
  readonly legs: readonly LocalLeg[];
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
export interface TransferTried extends OfTransfer {
  readonly type: 'transfer.tried';
  readonly coordinator: number;
  readonly intent?: { readonly plan: Plan; readonly deadline: string };
  readonly legs: readonly LocalLeg[];
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
export interface TransferPivoted extends OfTransfer {
  readonly type: 'transfer.pivoted';
  readonly coordinator: number;
  readonly legs: readonly LocalLeg[];
  readonly entries: readonly Entry[];
}
/** A recorded refusal of a first step; at the pivot it is the decision to cancel. */
export interface TransferRejected extends OfTransfer {
  readonly type: 'transfer.rejected';
  readonly step: FirstStep;
  readonly coordinator?: number;
  readonly intent?: { readonly plan: Plan; readonly deadline: string };
  readonly legs: readonly LocalLeg[];
  readonly rejection: Rejection;
  readonly claim?: Claim;
}
export interface TransferConfirmed extends OfTransfer {
  readonly type: 'transfer.confirmed';
  readonly entries: readonly Entry[];
}
export interface TransferCanceled extends OfTransfer {
  readonly type: 'transfer.canceled';
  readonly coordinator: number;
  readonly reason: CancelReason;
  /** Releases what the try set aside; empty for a tombstone, a cancel that came before any try. */
  readonly entries: readonly Entry[];
  readonly tombstone: boolean;
}

export type LedgerEventType = LedgerEvent['type'];
