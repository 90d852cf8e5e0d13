import type { Asset } from '../domain/asset.js';
import type { AccountId, TransferId } from '../domain/ids.js';

export type TransferKind = 'transfer' | 'hold' | 'capture' | 'reversal';
export type TransferStatus =
  | 'scheduled'
  | 'review'
  | 'processing'
  | 'held'
  | 'posted'
  | 'rejected'
  | 'canceled'
  | 'expired';

/** How far a shard's journal was in when the answer was read: compare with the shard's head. */
export interface ShardLag {
  readonly shard: number;
  /** Of the last event that is in; 0: none. */
  readonly sequence: number;
  /** When that event was booked, RFC 3339. */
  readonly time?: string;
  /** How many events the shard has that are not in; absent if it could not be asked. */
  readonly behind?: number;
}

/** An answer, and up to where the journal had been read for it. */
export interface Page<T> {
  readonly items: readonly T[];
  /** Give it back for what comes after; absent at the end. */
  readonly nextCursor?: string;
  readonly lag: readonly ShardLag[];
}

export interface FoundLeg {
  readonly debit: AccountId;
  readonly credit: AccountId;
  /** Minor units. */
  readonly amount: bigint;
  readonly asset: Asset;
}

/** Times are RFC 3339, UTC, milliseconds. */
export interface FoundTransfer {
  readonly id: TransferId;
  readonly kind: TransferKind;
  readonly status: TransferStatus;
  readonly createdAt: string;
  /** When it was posted, rejected, canceled or expired. */
  readonly endedAt?: string;
  /** As the caller said, else when it was posted; a hold itself posts nothing. */
  readonly effectiveAt?: string;
  readonly reference?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** The hold that it captures, or the transfer that it reverses. */
  readonly of?: TransferId;
  readonly legs: readonly FoundLeg[];
}

/** Over accounts of one asset, in minor units. */
export interface PrefixSum {
  readonly asset: Asset;
  readonly accounts: number;
  readonly debits: bigint;
  readonly credits: bigint;
  /** Posted credits less posted debits. */
  readonly balance: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
}

/** What was posted with an effective time at or before `at`, minor units. */
export interface EffectiveBalance {
  readonly account: AccountId;
  readonly asset: Asset;
  readonly at: string;
  readonly debits: bigint;
  readonly credits: bigint;
  readonly balance: bigint;
  readonly lag: readonly ShardLag[];
}
