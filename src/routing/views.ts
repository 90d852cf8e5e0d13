import type { AccountAttributes, Counters } from '../domain/account.js';
import type { Asset } from '../domain/asset.js';
import type { AccountId, ScheduleId, TenantId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { ReviewReason } from '../domain/review.js';
import type { CancelReason, HoldPart, Leg, TransferDetails } from '../domain/transfer.js';

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

/** What an account held at a booking time. */
export interface BalanceView {
  readonly account: AccountId;
  readonly asset: Asset;
  readonly counters: Counters;
  /** Of the last entry up to then; 0 if there was none. */
  readonly version: number;
  /** RFC 3339, as asked. */
  readonly at: string;
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
  /** `transfer.posted`, `transfer.held`, `hold.expired` and so on. */
  readonly eventType: string;
  readonly bookedAt: string;
}

export type TransferStatus =
  | 'scheduled'
  | 'review'
  | 'processing'
  | 'held'
  | 'posted'
  | 'rejected'
  | 'canceled'
  | 'expired';

/** Why a transfer waits, until when, and what was decided. */
export interface ReviewView {
  readonly reason: ReviewReason;
  /** RFC 3339; absent: for ever. */
  readonly deadline?: string;
  readonly escalateAt?: string;
  readonly decision?: 'approved' | 'declined' | 'expired';
  readonly decidedAt?: string;
  /** Why, in the words of whoever decided. */
  readonly note?: string;
}

/** A transfer as its coordinator (or, if it is local, its only shard) knows it, rendered from its events alone. */
export interface TransferView {
  readonly id: TransferId;
  readonly tenant: TenantId;
  readonly kind: 'transfer' | 'hold' | 'capture' | 'reversal';
  readonly status: TransferStatus;
  readonly legs: readonly Leg[];
  readonly details?: TransferDetails;
  /** Of a transfer of up to an amount: that amount. */
  readonly upTo?: bigint;
  /** Of a transfer that was asked for in advance: its schedule, and when it was to be. */
  readonly scheduled?: { readonly schedule: ScheduleId; readonly for: string };
  /** If it waits for a person, or did. */
  readonly review?: ReviewView;
  readonly createdAt: string;
  /** When it was posted, rejected, canceled or expired. */
  readonly endedAt?: string;
  readonly rejection?: Rejection;
  readonly reason?: CancelReason;
  /** Shards it touches: one, or the coordinator first and the pivot last. */
  readonly shards: readonly number[];
  /** The hold that it captures, or the transfer that it reverses. */
  readonly of?: TransferId;
  /** Of a hold. */
  readonly expiresAt?: string;
  /** Of a hold, by leg: what remains set aside, what captures under way took of it, and what was captured. */
  readonly hold?: readonly HoldPart[];
  readonly captures?: readonly TransferId[];
  readonly reversals?: readonly TransferId[];
  /** By leg, in minor units; absent while nothing was reversed. */
  readonly reversed?: readonly bigint[];
  /** By leg, what reversals across shards that have not ended would move back; absent while there are none. */
  readonly reversing?: readonly bigint[];
}

/** The last that was seen, and how many more. */
export interface ReviewPage {
  readonly after?: { readonly opened: string; readonly transfer: TransferId };
  readonly limit: number;
}
/** A transfer that waits for a decision. */
export interface OpenReviewView {
  readonly transfer: TransferView;
  /** RFC 3339. */
  readonly opened: string;
  /** It waits for longer than it should: by Postgres's clock. */
  readonly escalated: boolean;
}
