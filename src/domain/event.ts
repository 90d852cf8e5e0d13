import type { AccountChange, AccountKind, Entry, Limits } from './account.js';
import type { Asset } from './asset.js';
import type { CheckpointStatement, KeyStatement } from './checkpoint.js';
import type { Claim } from './claim.js';
import type { AccountId, TenantId, TransferId } from './ids.js';
import type { Rejection } from './rejections.js';
import type { ReviewEvent } from './review-event.js';
import type { ScheduleEvent } from './schedule-event.js';
import type {
  CancelReason,
  FirstStep,
  FollowUp,
  Intent,
  LocalLeg,
  Part,
  Plan,
  TransferDetails,
} from './transfer.js';

/** What happened, before the journal gives it a sequence, a time and a hash. */
export type LedgerEvent =
  | {
      readonly type: 'shard.opened';
      readonly cluster: string;
      readonly buckets: readonly (readonly [number, number])[];
    }
  | { readonly type: 'writer_version.raised'; readonly version: number }
  | SigningKeyAdded
  | CheckpointSigned
  | { readonly type: 'tenant.created'; readonly tenant: TenantId; readonly placement: 'compact' | 'spread' }
  | AccountOpened
  | { readonly type: 'key.claimed'; readonly tenant: TenantId; readonly claim: Claim }
  | AccountChanged
  | AccountChangeRejected
  | TransferPosted
  | TransferHeld
  | TransferCaptured
  | HoldVoided
  | HoldExpired
  | TransferTried
  | TransferPivoted
  | TransferRejected
  | TransferConfirmed
  | TransferCanceled
  | ReviewEvent
  | ScheduleEvent;

/** Signatures in lower-case hex. */
export interface SigningKeyAdded {
  readonly type: 'signing_key.added';
  readonly signingKey: KeyStatement;
  /** By the key itself: that whoever added it has it. */
  readonly signature: string;
  /** By the key before; absent for the first, and where that was lost. */
  readonly voucher?: string;
}
export interface CheckpointSigned {
  readonly type: 'checkpoint.signed';
  readonly checkpoint: CheckpointStatement;
  readonly signature: string;
}
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
  readonly reference?: string;
  readonly referenceClaim?: Claim;
  readonly claim?: Claim;
}
interface OfChange {
  readonly tenant: TenantId;
  /** The operation's id. */
  readonly transfer: TransferId;
  readonly account: AccountId;
  readonly change: AccountChange;
  readonly claim?: Claim;
}
export interface AccountChanged extends OfChange {
  readonly type: 'account.changed';
}
export interface AccountChangeRejected extends OfChange {
  readonly type: 'account.change_rejected';
  readonly rejection: Rejection;
}

interface OfTransfer {
  readonly tenant: TenantId;
  readonly transfer: TransferId;
}
export interface TransferPosted extends OfTransfer {
  readonly type: 'transfer.posted';
  readonly details?: TransferDetails;
  /** Of a transfer of up to an amount: that amount; the leg has what was moved. */
  readonly upTo?: bigint;
  /** The transfer whose legs this one moves back, by `parts`. */
  readonly reverses?: TransferId;
  readonly parts?: readonly Part[];
  readonly legs: readonly LocalLeg[];
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
export interface TransferHeld extends OfTransfer {
  readonly type: 'transfer.held';
  readonly details?: TransferDetails;
  readonly expiresAt?: string;
  /** Where credits lie on other shards. */
  readonly plan?: Plan;
  readonly legs: readonly LocalLeg[];
  /** Entry i is leg i's debit: a hold sets no credits aside. */
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
export interface TransferCaptured extends OfTransfer {
  readonly type: 'transfer.captured';
  readonly hold: TransferId;
  readonly final: boolean;
  readonly details?: TransferDetails;
  /** What is posted: leg i of the hold's leg `parts[i].leg`. */
  readonly parts: readonly Part[];
  readonly legs: readonly LocalLeg[];
  /** What a final capture frees; the entries of what of it is debited here follow those of the legs. */
  readonly released: readonly Part[];
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
export interface HoldVoided extends OfTransfer {
  readonly type: 'hold.voided';
  readonly hold: TransferId;
  readonly released: readonly Part[];
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
/** `transfer` is the hold itself: no key asked for it. */
export interface HoldExpired extends OfTransfer {
  readonly type: 'hold.expired';
  readonly released: readonly Part[];
  readonly entries: readonly Entry[];
}
export interface TransferTried extends OfTransfer {
  readonly type: 'transfer.tried';
  readonly coordinator: number;
  readonly intent?: Intent;
  /** Of a capture, a reversal or a release, at the coordinator. */
  readonly follows?: FollowUp;
  /** Elsewhere, of a hold. At the coordinator the plan says it. */
  readonly holds?: true;
  /** Elsewhere, of a capture: the hold. */
  readonly captures?: TransferId;
  /** Of a hold, at the coordinator; RFC 3339; absent: never. */
  readonly expiresAt?: string;
  readonly details?: TransferDetails;
  readonly upTo?: bigint;
  readonly legs: readonly LocalLeg[];
  /**
   * Both sides of each leg; of a hold the debits; of a capture no debits that are on this shard, which the hold has set
   * aside; of a release, whose coordinator has no legs in it, none.
   */
  readonly entries: readonly Entry[];
  readonly claim?: Claim;
}
export interface TransferPivoted extends OfTransfer {
  readonly type: 'transfer.pivoted';
  readonly coordinator: number;
  /** These as of a try. */
  readonly holds?: true;
  readonly captures?: TransferId;
  /** Of a release: the hold. */
  readonly releases?: TransferId;
  readonly details?: TransferDetails;
  readonly legs: readonly LocalLeg[];
  /** Of a hold or a release the debits; else both sides. */
  readonly entries: readonly Entry[];
}
/** A recorded refusal of a first step; at the pivot it is the decision to cancel. */
export interface TransferRejected extends OfTransfer {
  readonly type: 'transfer.rejected';
  readonly step: FirstStep;
  readonly coordinator?: number;
  readonly intent?: Intent;
  /** The whole of a hold, capture or reversal that would have reached other shards. */
  readonly plan?: Plan;
  readonly details?: TransferDetails;
  /** The hold or the transfer that it was about. */
  readonly of?: TransferId;
  readonly legs: readonly LocalLeg[];
  readonly rejection: Rejection;
  readonly claim?: Claim;
}
/** The end of a capture, a reversal or a release at its coordinator: what it was, and what came free of the hold. */
interface EndOfFollowUp {
  readonly follows?: FollowUp;
  /** By a final capture what remained; by one that was canceled after the hold had ended its own parts. */
  readonly released?: readonly Part[];
}
export interface TransferConfirmed extends OfTransfer, EndOfFollowUp {
  readonly type: 'transfer.confirmed';
  /** Of the legs both sides (of a hold none); then those debits of `released` that are here. */
  readonly entries: readonly Entry[];
}
export interface TransferCanceled extends OfTransfer, EndOfFollowUp {
  readonly type: 'transfer.canceled';
  readonly coordinator: number;
  readonly reason: CancelReason;
  /**
   * Releases what the try set aside; empty for a tombstone, a cancel that came before any try. Then those debits of
   * `released` that are here.
   */
  readonly entries: readonly Entry[];
  readonly tombstone: boolean;
}

export type LedgerEventType = LedgerEvent['type'];
