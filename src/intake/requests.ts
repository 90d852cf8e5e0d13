import type { AccountChange, Limits } from '../domain/account.js';
import type { Asset } from '../domain/asset.js';
import type { AccountId, ScheduleId, TenantId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { CalendarRule, Missed, TransferTerms } from '../domain/schedule.js';
import type { Part, TransferDetails } from '../domain/transfer.js';
import type { ScheduleView } from '../routing/schedule-views.js';
import type { AccountView, TransferView } from '../routing/views.js';

export type { TransferTerms } from '../domain/schedule.js';

/** Whose request it is, and under which key of theirs. */
export interface Keyed {
  readonly tenant: TenantId;
  readonly key: string;
}

/** A request to open an account; absent fields take the defaults and are left out of the canonical form. */
export interface AccountTerms {
  readonly asset: Asset;
  /** Default: `minBalance` 0, no `maxBalance`. Explicit null: no limit. */
  readonly limits: Partial<Limits>;
  readonly metadata?: Readonly<Record<string, string>>;
  /** Unique in the tenant; colon-separated segments. */
  readonly reference?: string;
  /** Accounts of one group share a bucket, so that transfers among them are one local commit. */
  readonly placementGroup?: string;
}
export type NewAccount = Keyed & AccountTerms;

export type NewTransfer = Keyed & TransferTerms;
/** Asked without a key: nothing is done. */
export type TransferTrial = Pick<Keyed, 'tenant'> & TransferTerms;

/** A transfer asked for in advance, once. */
export interface NewScheduledTransfer extends Keyed {
  readonly terms: TransferTerms;
  /** RFC 3339, UTC. */
  readonly at: string;
}
export interface NewSchedule extends Keyed {
  readonly terms: TransferTerms;
  readonly rule: CalendarRule;
  readonly missed: Missed;
}
export interface NewScheduleCancel extends Keyed {
  readonly schedule: ScheduleId;
}

export interface NewCapture extends Keyed {
  readonly hold: TransferId;
  /** Absent: all that remains. */
  readonly parts?: readonly Part[];
  readonly final: boolean;
  readonly details?: TransferDetails;
}
export interface NewVoid extends Keyed {
  readonly hold: TransferId;
}
export interface NewDecision extends Keyed {
  /** The transfer that waits for it. */
  readonly review: TransferId;
  readonly decision: 'approve' | 'decline';
  /** Why, in the words of whoever decides. */
  readonly note?: string;
}
export interface NewReversal extends Keyed {
  readonly original: TransferId;
  /** Absent: all that was not reversed before. */
  readonly parts?: readonly Part[];
  readonly details?: TransferDetails;
}
export interface NewAccountChange extends Keyed {
  readonly account: AccountId;
  readonly change: AccountChange;
}
export interface NewTransferBatch extends Keyed {
  readonly items: readonly TransferTerms[];
  /** All or none, in order, in one shard. */
  readonly linked: boolean;
}
export interface NewAccountBatch extends Keyed {
  readonly items: readonly AccountTerms[];
}

/** Nothing was done and the key is not burnt (or, `idempotency_key_reused`, belongs to another request). */
export interface Refused {
  readonly kind: 'refused';
  readonly rejection: Rejection;
  /** Of a recorded one (a void's): whether it was answered before. */
  readonly replayed?: boolean;
}

export type AccountAnswer =
  | { readonly kind: 'opened'; readonly account: AccountView; readonly replayed: boolean }
  | Refused;

/** Recorded under the operation's id: the same for every repeat of the key. */
export type AccountChangeAnswer =
  | {
      readonly kind: 'changed';
      readonly operation: TransferId;
      readonly account: AccountId;
      readonly change: AccountChange;
      /** RFC 3339. */
      readonly at: string;
      readonly rejection?: Rejection;
      readonly replayed: boolean;
    }
  | Refused;

export type TransferAnswer =
  /** Posted, held, rejected or canceled: the same for every repeat of the key, for ever. */
  | { readonly kind: 'ended'; readonly transfer: TransferView; readonly replayed: boolean }
  /** Accepted and durable: not ended within the time the caller wanted to wait, in `review`, or `scheduled`. */
  | { readonly kind: 'processing'; readonly transfer: TransferView; readonly replayed: boolean }
  | Refused;

export type ScheduleAnswer =
  /** As its command left it: the same for every repeat of the key. */
  { readonly kind: 'schedule'; readonly schedule: ScheduleView; readonly replayed: boolean } | Refused;

/** What a key was used for, or that it was not. */
export type KeyAnswer =
  | { readonly kind: 'unused' }
  | { readonly kind: 'burnt'; readonly at: string }
  | {
      readonly kind: 'used';
      /** Absent of a batch, which has many. */
      readonly subject?: AccountId | TransferId | ScheduleId;
      readonly at: string;
      /** False while only the claim is there: repeating the request carries it out. */
      readonly effect: boolean;
    };
