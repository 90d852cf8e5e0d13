import type { AccountAttributes, Counters } from '../domain/account.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { CancelReason, Leg } from '../domain/transfer.js';

/** An account with what it holds at the moment of reading. */
export interface AccountView extends AccountAttributes {
  readonly counters: Counters;
  readonly version: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly shard: number;
  readonly bucket: number;
  /** RFC 3339. */
  readonly openedAt: string;
}

/** One entry of an account, with the event that wrote it. */
export interface EntryView {
  readonly account: AccountId;
  readonly version: number;
  readonly before: Counters;
  readonly after: Counters;
  readonly transfer: TransferId;
  /** `<shard>-<sequence>`. */
  readonly event: string;
  /** `transfer.posted`, `transfer.tried`, `transfer.pivoted`, `transfer.confirmed` or `transfer.canceled`. */
  readonly eventType: string;
  readonly bookedAt: string;
}

export type TransferStatus = 'processing' | 'posted' | 'rejected' | 'canceled';

/** A transfer as its coordinator (or, if it is local, its only shard) knows it, rendered from its events alone. */
export interface TransferView {
  readonly id: TransferId;
  readonly tenant: TenantId;
  readonly status: TransferStatus;
  readonly legs: readonly Leg[];
  readonly createdAt: string;
  /** When it was posted, rejected or canceled. */
  readonly endedAt?: string;
  readonly rejection?: Rejection;
  readonly reason?: CancelReason;
  /** Shards it touches: one, or the coordinator first and the pivot last. */
  readonly shards: readonly number[];
}
