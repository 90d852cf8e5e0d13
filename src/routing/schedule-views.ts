import type { ScheduleId, TenantId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { CalendarRule, Missed, TransferTerms } from '../domain/schedule.js';
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
      readonly rejection?: Rejection;
    })
  | { readonly first: number; readonly last: number; readonly due: string; readonly skippedAt: string };

export interface ScheduleView {
  readonly id: ScheduleId;
  readonly tenant: TenantId;
  readonly status: 'active' | 'ended' | 'canceled';
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
