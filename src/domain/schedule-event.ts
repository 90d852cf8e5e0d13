import type { Claim } from './claim.js';
import type { ScheduleId, TenantId, TransferId } from './ids.js';
import type { CalendarRule, Missed, TransferTerms } from './schedule.js';

interface OfSchedule {
  readonly tenant: TenantId;
  readonly schedule: ScheduleId;
}
export interface ScheduleCreated extends OfSchedule {
  readonly type: 'schedule.created';
  readonly terms: TransferTerms;
  /** Absent: once. */
  readonly rule?: CalendarRule;
  readonly missed: Missed;
  /** RFC 3339, UTC: when the first occurrence is due. */
  readonly next: string;
  readonly claim?: Claim;
}
/** Follows, in the same commit, the first step of the transfer that the occurrence made. */
export interface OccurrenceFired extends OfSchedule {
  readonly type: 'schedule.fired';
  readonly occurrence: number;
  readonly due: string;
  readonly fired: TransferId;
  /** Absent: this was the last. */
  readonly next?: string;
}
/** Occurrences whose time had passed, of a schedule that does not make up for them. */
export interface OccurrencesSkipped extends OfSchedule {
  readonly type: 'schedule.skipped';
  readonly first: number;
  readonly last: number;
  /** When the first of them was due. */
  readonly due: string;
  readonly next?: string;
}
export interface ScheduleCanceled extends OfSchedule {
  readonly type: 'schedule.canceled';
  /** The operation's id. */
  readonly transfer: TransferId;
  /** How many occurrences there had been. */
  readonly settled: number;
  /** Of a schedule of one occurrence: the transfer that will not be. */
  readonly calledOff?: TransferId;
  readonly claim?: Claim;
}
export type ScheduleEvent = ScheduleCreated | OccurrenceFired | OccurrencesSkipped | ScheduleCanceled;
