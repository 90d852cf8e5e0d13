import type { AccountStatus } from '../domain/account.js';
import type { Asset } from '../domain/asset.js';
import type { CheckpointStatement, KeyStatement } from '../domain/checkpoint.js';
import type { AccountId, ClaimId, Namespace, ScheduleId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { ReviewReason } from '../domain/review.js';
import type { Missed } from '../domain/schedule.js';
import type { CancelReason, FirstStep, FxRate, OccurrenceOf } from '../domain/transfer.js';

export type CountersData = readonly [string, string, string, string];
export interface LegData {
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: string;
  readonly asset: Asset;
  readonly in_transit?: {
    readonly side: 'debit' | 'credit';
    readonly peer: number;
    readonly account: AccountId;
  };
}
export interface EntryData {
  readonly account: AccountId;
  readonly version: number;
  readonly before: CountersData;
  readonly after: CountersData;
}
export interface PlanData {
  readonly coordinator: number;
  readonly participants: readonly number[];
  readonly holds?: true;
  readonly legs: readonly (LegData & { readonly debit_shard: number; readonly credit_shard: number })[];
}
export interface ClaimData {
  readonly id: ClaimId;
  readonly namespace: Namespace;
  readonly key: string;
  readonly subject: AccountId | TransferId | ScheduleId;
  readonly form: number;
  readonly request: string;
  readonly fields: Record<string, string>;
}
export interface PartData {
  readonly leg: number;
  readonly amount: string;
}
/** What a caller says of a transfer besides its legs. */
export interface DetailsData {
  readonly reference?: string;
  readonly metadata?: Record<string, string>;
  readonly effective_at?: string;
  readonly fx?: readonly FxRate[];
  readonly occurrence?: OccurrenceOf;
}
/** What each occurrence of a schedule does. */
export interface TermsData extends DetailsData {
  readonly up_to?: boolean;
  readonly hold?: { readonly expires_at?: string };
  readonly review?: boolean;
  readonly legs: readonly LegData[];
}
/** The union of what the types of events carry; which has what is in docs/journal-format.md. */
export interface Data extends DetailsData {
  readonly cluster?: string;
  readonly buckets?: readonly (readonly [number, number])[];
  readonly version?: number;
  readonly placement?: 'compact' | 'spread';
  readonly account?: string;
  readonly kind?: 'account' | 'in_transit';
  readonly asset?: string;
  readonly min_balance?: string | null;
  readonly max_balance?: string | null;
  readonly peer?: number;
  readonly claim?: ClaimData;
  readonly reference_claim?: ClaimData;
  readonly up_to?: string;
  readonly reverses?: string;
  readonly holds?: true;
  readonly hold?: string;
  readonly releases?: string;
  readonly of?: string;
  readonly final?: boolean;
  readonly expires_at?: string;
  readonly parts?: readonly PartData[];
  readonly released?: readonly PartData[];
  readonly change?: {
    readonly status?: AccountStatus;
    readonly review_debits?: boolean;
    readonly min_balance?: string | null;
    readonly max_balance?: string | null;
    readonly metadata?: Record<string, string>;
  };
  readonly transfer?: string;
  readonly coordinator?: number;
  readonly intent?: { readonly plan: PlanData; readonly deadline: string };
  readonly plan?: PlanData;
  readonly legs?: readonly LegData[];
  readonly entries?: readonly EntryData[];
  readonly step?: FirstStep;
  readonly rejection?: Rejection;
  readonly reason?: CancelReason | ReviewReason;
  readonly review?: string;
  readonly deadline?: string;
  readonly escalate_at?: string;
  readonly note?: string;
  readonly tombstone?: boolean;
  readonly schedule?: string;
  readonly terms?: TermsData;
  readonly rule?: { readonly rrule: string; readonly time_zone: string; readonly starts_at: string };
  readonly missed?: Missed;
  readonly number?: number;
  readonly first?: number;
  readonly last?: number;
  readonly due?: string;
  readonly fired?: string;
  readonly next?: string;
  readonly settled?: number;
  readonly called_off?: string;
  readonly signing_key?: KeyStatement;
  readonly checkpoint?: CheckpointStatement;
  readonly signature?: string;
  readonly voucher?: string;
}
