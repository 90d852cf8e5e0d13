import type { AccountChange, Limits } from './account.js';
import type { Asset } from './asset.js';
import type { CheckpointStatement, KeyStatement } from './checkpoint.js';
import type { Claim } from './claim.js';
import type { AccountId, ScheduleId, TenantId, TransferId } from './ids.js';
import type { ReviewTerms } from './review.js';
import type { ReviewCommand } from './review-command.js';
import type { CancelSchedule, CreateSchedule, SkipOccurrences } from './schedule-command.js';
import type { CancelReason, Intent, LocalLeg, Part, Plan, TransferDetails } from './transfer.js';

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
/** Signed by the key itself and, where another one signs now and was not lost, by that. */
export interface AddSigningKey {
  readonly kind: 'add_signing_key';
  readonly signingKey: KeyStatement;
  readonly signature: string;
  readonly voucher?: string;
}
/** Made and signed outside, from what is committed. */
export interface SignCheckpoint {
  readonly kind: 'sign_checkpoint';
  readonly checkpoint: CheckpointStatement;
  readonly signature: string;
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
  /** The tenant's own name for it, unique in the tenant: `merchants:acme:settlement`. */
  readonly reference?: string;
  /** Present where the reference's home is this shard; elsewhere it was claimed before. */
  readonly referenceClaim?: Claim;
  /** Present where the key's home is this shard; elsewhere it was claimed before. */
  readonly claim?: Claim;
}
/** Freezes, closes, limits, metadata: each under an operation's id, so that a repeat changes nothing. */
export interface ChangeAccount {
  readonly kind: 'change_account';
  readonly tenant: TenantId;
  readonly operation: TransferId;
  readonly account: AccountId;
  readonly change: AccountChange;
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
  readonly details?: TransferDetails;
  /** Move what is available, at most the amount; for one leg. */
  readonly upTo?: boolean;
  readonly review?: ReviewTerms;
  readonly claim?: Claim;
}
/** Sets the legs' debits aside, to be captured, voided or expired. All of them lie on this shard. */
export interface HoldTransfer {
  readonly kind: 'hold';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly legs: readonly LocalLeg[];
  /** Where credits lie on other shards: which. */
  readonly plan?: Plan;
  readonly details?: TransferDetails;
  /** RFC 3339; absent: never. */
  readonly expiresAt?: string;
  readonly review?: ReviewTerms;
  readonly claim?: Claim;
}
/** Posts some of a hold. */
export interface CaptureHold {
  readonly kind: 'capture';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly hold: TransferId;
  /** Absent: all that remains. */
  readonly parts?: readonly Part[];
  /** Frees what then still remains, and ends the hold. */
  readonly final: boolean;
  /** RFC 3339: across shards, canceled if it is undecided then. */
  readonly deadline: string;
  readonly details?: TransferDetails;
  readonly claim?: Claim;
}
/** Frees what remains of a hold, and ends it. */
export interface VoidHold {
  readonly kind: 'void';
  readonly tenant: TenantId;
  readonly operation: TransferId;
  readonly hold: TransferId;
  readonly claim?: Claim;
}
/** As `void`, by time: put by the system when Postgres's clock says so. */
export interface ExpireHold {
  readonly kind: 'expire';
  readonly tenant: TenantId;
  readonly hold: TransferId;
}
/** Moves back some of what a posted transfer moved. */
export interface ReverseTransfer {
  readonly kind: 'reverse';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly original: TransferId;
  /** Absent: all that was not reversed yet. */
  readonly parts?: readonly Part[];
  /** RFC 3339: across shards, canceled if it is undecided then. */
  readonly deadline: string;
  readonly details?: TransferDetails;
  readonly claim?: Claim;
}
/** All or none, in order, in this shard. */
export interface LinkedTransfers {
  readonly kind: 'linked';
  readonly items: readonly (PostTransfer | HoldTransfer)[];
}
export interface TryTransfer {
  readonly kind: 'try';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly legs: readonly LocalLeg[];
  readonly coordinator: number;
  /** Only at the coordinator. */
  readonly intent?: Intent;
  /** Elsewhere, of a hold: its legs are the debits to set aside. At the coordinator the plan says it. */
  readonly holds?: true;
  /** Elsewhere, of a capture: the hold. What was authorised before a freeze may still come in. */
  readonly captures?: TransferId;
  /** Of a hold, at the coordinator; RFC 3339; absent: never. */
  readonly expiresAt?: string;
  readonly details?: TransferDetails;
  readonly upTo?: boolean;
  readonly review?: ReviewTerms;
  readonly claim?: Claim;
}
export interface PivotTransfer {
  readonly kind: 'pivot';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly legs: readonly LocalLeg[];
  readonly coordinator: number;
  /** These as in a try. */
  readonly holds?: true;
  readonly captures?: TransferId;
  /** Of what frees parts of a hold: the hold. Its legs are the debits to free. */
  readonly releases?: TransferId;
  readonly details?: TransferDetails;
}
export interface ConfirmTransfer {
  readonly kind: 'confirm';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
}
/**
 * Of a transfer whose intent its coordinator has written, or `unlessBegun` of one whose key was claimed for it. So a tombstone
 * never lies where a release is to begin: that one's id is the system's own, and its intent comes with what frees the hold.
 */
export interface CancelTransfer {
  readonly kind: 'cancel';
  readonly tenant: TenantId;
  readonly transfer: TransferId;
  readonly coordinator: number;
  readonly reason: CancelReason;
  /** Only where nothing has been done yet: leaves a tombstone, or nothing. */
  readonly unlessBegun?: boolean;
}

/** Carries out the next occurrence: the first step of its transfer and the schedule's advance, both or neither. */
export interface FireOccurrence {
  readonly kind: 'fire';
  readonly tenant: TenantId;
  readonly schedule: ScheduleId;
  readonly occurrence: number;
  /** As the schedule has it: what was decided on is still the next. */
  readonly due: string;
  /** When the one after is due; absent: this is the last. */
  readonly next?: string;
  readonly transfer: PostTransfer | HoldTransfer | TryTransfer;
}

export type ScheduleCommand = CreateSchedule | FireOccurrence | SkipOccurrences | CancelSchedule;
export type HoldCommand = CaptureHold | VoidHold | ExpireHold;
export type TransferCommand =
  | PostTransfer
  | HoldTransfer
  | TryTransfer
  | PivotTransfer
  | ConfirmTransfer
  | CancelTransfer;
export type Command =
  | OpenShard
  | RaiseWriterVersion
  | AddSigningKey
  | SignCheckpoint
  | CreateTenant
  | OpenAccount
  | ChangeAccount
  | ClaimKey
  | TransferCommand
  | HoldCommand
  | ReverseTransfer
  | ReviewCommand
  | ScheduleCommand
  | LinkedTransfers;
