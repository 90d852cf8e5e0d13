import type { Claim } from './claim.js';
import type { ScheduleId, TenantId, TransferId } from './ids.js';
import type { CalendarRule, Missed, TransferTerms } from './schedule.js';

export interface CreateSchedule {
  readonly kind: 'schedule';
  readonly tenant: TenantId;
  readonly schedule: ScheduleId;
  readonly terms: TransferTerms;
  /** Absent: once, at `next`. */
  readonly rule?: CalendarRule;
  readonly missed: Missed;
  /** RFC 3339, UTC: when the first occurrence is due. */
  readonly next: string;
  readonly claim?: Claim;
}
/** Passes over occurrences whose time has passed. */
export interface SkipOccurrences {
  readonly kind: 'skip';
  readonly tenant: TenantId;
  readonly schedule: ScheduleId;
  readonly first: number;
  readonly last: number;
  readonly due: string;
  readonly next?: string;
}
export interface CancelSchedule {
  readonly kind: 'unschedule';
  readonly tenant: TenantId;
  readonly operation: TransferId;
  readonly schedule: ScheduleId;
  readonly claim?: Claim;
}
