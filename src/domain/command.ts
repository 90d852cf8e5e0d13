import type { Limits } from './account.js';
import type { Asset } from './asset.js';
import type { Claim } from './claim.js';
import type { AccountId, TenantId, TransferId } from './ids.js';
import type { CancelReason, LocalLeg, Plan } from './transfer.js';

/** Who asked, why, and in which trace: goes into the event as it is. */
export interface Origin {
  /** `key:<api key id>`, `operator:<name>` or `system:<part>`. */
  readonly actor: string;
  /** The event or request before. */
  readonly cause?: string;
  /** W3C trace context. */
  readonly traceparent?: string;
}

export interface OpenShard {
  readonly kind: 'open_shard';
  readonly cluster: string;
  /** Inclusive ranges of the buckets this shard owns. */
  readonly buckets: readonly (readonly [number, number])[];
}
export interface RaiseWriterVersion {
  readonly kind: 'raise_writer_version';
  readonly version: number;
}
export interface CreateTenant {
  readonly kind: 'create_tenant';
  readonly tenant: TenantId;
  readonly placement: 'compact' | 'spread';
}
export interface OpenAccount {
  readonly kind: 'open_account';
  readonly tenant: TenantId;
  readonly account: AccountId;
  readonly asset: Asset;
  readonly limits: Limits;
  readonly metadata: Readonly<Record<string, string>>;
  /** Present where the key's home is this shard; elsewhere it was claimed before. */
  readonly claim?: Claim;
}
export interface ClaimKey {
  readonly kind: 'claim_key';
  readonly claim: Claim;
}
export interface PostTransfer {
  readonly kind: 'post';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly legs: readonly LocalLeg[];
  readonly claim?: Claim;
}
export interface TryTransfer {
  readonly kind: 'try';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly legs: readonly LocalLeg[];
  readonly coordinator: number;
  /** Only at the coordinator: the durable intent. */
  readonly intent?: { readonly plan: Plan; readonly deadline: string };
  readonly claim?: Claim;
}
export interface PivotTransfer {
  readonly kind: 'pivot';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly legs: readonly LocalLeg[];
  readonly coordinator: number;
}
export interface ConfirmTransfer {
  readonly kind: 'confirm';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
}
export interface CancelTransfer {
  readonly kind: 'cancel';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly coordinator: number;
  readonly reason: CancelReason;
}

export type TransferCommand = PostTransfer | TryTransfer | PivotTransfer | ConfirmTransfer | CancelTransfer;
export type Command =
  | OpenShard
  | RaiseWriterVersion
  | CreateTenant
  | OpenAccount
  | ClaimKey
  | TransferCommand;
