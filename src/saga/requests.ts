import type { Limits } from '../domain/account.js';
import type { Asset } from '../domain/asset.js';
import type { TenantId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { Leg } from '../domain/transfer.js';
import type { AccountView, TransferView } from '../routing/views.js';

/** A request to open an account; absent fields take the defaults and are left out of the canonical form. */
export interface NewAccount {
  readonly tenant: TenantId;
  readonly key: string;
  readonly asset: Asset;
  /** Default: `minBalance` 0, no `maxBalance`. Explicit null: no limit. */
  readonly limits: Partial<Limits>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Accounts of one group share a bucket, so that transfers among them are one local commit. */
  readonly placementGroup?: string;
}

/** 1 to 100 legs in one asset. */
export interface NewTransfer {
  readonly tenant: TenantId;
  readonly key: string;
  readonly legs: readonly Leg[];
}

export type AccountAnswer =
  | { readonly kind: 'opened'; readonly account: AccountView; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly rejection: Rejection };

export type TransferAnswer =
  /** Posted, rejected or canceled: the same for every repeat of the key, for ever. */
  | { readonly kind: 'ended'; readonly transfer: TransferView; readonly replayed: boolean }
  /** Accepted and durable, not ended within the time the caller wanted to wait. */
  | { readonly kind: 'processing'; readonly transfer: TransferView; readonly replayed: boolean }
  /** Nothing was done and the key is not burnt (or, `idempotency_key_reused`, belongs to another request). */
  | { readonly kind: 'refused'; readonly rejection: Rejection };
