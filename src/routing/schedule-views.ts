import type { ScheduleId, TenantId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { CalendarRule, Missed, TransferTerms } from '../domain/schedule.js';
import type { Leg } from '../domain/transfer.js';
import type { TransferStatus } from './views.js';

/** An occurrence that is due, and the transfer that it will make. */
export interface NextOccurrence {
  readonly number: number;
  /** RFC 3339. */
  readonly due: string;
  readonly transfer: TransferId;
}

/** What became of an occurrence, or of several that were passed over. */
export type PastOccurrence =
  | (NextOccurrence & {
      readonly firedAt: string;
      /** As the transfer is now. */
      readonly status: TransferStatus;
      /** The transfer's, to say in which asset a refusal's amounts are. */
      readonly legs: readonly Leg[];
      readonly rejection?: Rejection;
    })
  | { readonly first: number; readonly last: number; readonly due: string; readonly skippedAt: string };

export type ScheduleStatus = 'active' | 'ended' | 'canceled';

/** Which schedules of a tenant: those after an id, at most so many, perhaps of one status. */
export interface SchedulePage {
  readonly after?: ScheduleId;
  readonly status?: ScheduleStatus;
  readonly limit: number;
}

/** Some of a schedule's past occurrences, the latest first; `next` gives those before them. */
export interface OccurrencePage {
  readonly occurrences: readonly PastOccurrence[];
  readonly next?: number;
}

export interface ScheduleView {
  readonly id: ScheduleId;
  readonly tenant: TenantId;
  readonly status: ScheduleStatus;
  readonly terms: TransferTerms;
  /** Absent: once. */
  readonly rule?: CalendarRule;
  readonly missed: Missed;
  readonly createdAt: string;
  /** When it was canceled. */
  readonly canceledAt?: string;
  /** How many occurrences were fired or skipped. */
  readonly settled: number;
  readonly next?: NextOccurrence;
  /** The latest first; absent in lists and in answers to commands. */
  readonly occurrences?: readonly PastOccurrence[];
}
