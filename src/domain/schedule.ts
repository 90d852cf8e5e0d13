import type { ScheduleId, TenantId } from './ids.js';
import type { Leg, TransferDetails } from './transfer.js';

/** What each occurrence of a schedule does: a transfer's terms. */
export interface TransferTerms {
  /** 1 to 100; those of one asset balance by themselves, since each leg has one debit and one credit. */
  readonly legs: readonly Leg[];
  readonly details?: TransferDetails;
  /** Move what is available, at most the amount; for one leg. */
  readonly upTo?: boolean;
  /** Set the debits aside instead of moving them. */
  readonly hold?: { readonly expiresAt?: string };
  /** Wait for a person's approval, whatever the rules say. */
  readonly review?: boolean;
}

/** When a schedule's occurrences are; when the next one is, is worked out outside the kernel and comes with commands. */
export interface CalendarRule {
  /** RFC 5545's RRULE, without its name: `FREQ=MONTHLY;BYMONTHDAY=-1`. */
  readonly rrule: string;
  /** IANA name; the rule is of the clock on the wall there. */
  readonly timeZone: string;
  /** RFC 3339, UTC: DTSTART. */
  readonly startsAt: string;
}

/** What becomes of occurrences whose time passed while nobody could carry them out. */
export const MISSED = ['fire', 'skip'] as const;
export type Missed = (typeof MISSED)[number];

/** What a shard knows of a schedule; its terms are in the event that made it. */
export interface ScheduleState {
  readonly id: ScheduleId;
  readonly tenant: TenantId;
  /** Sequence of the event that made it. */
  readonly seq: number;
  /** Of one occurrence, at a time: a transfer that was asked for in advance. */
  readonly once: boolean;
  /** How many occurrences were fired or skipped. */
  readonly settled: number;
  /** RFC 3339, UTC: when the next one is due; absent when nothing is still to come. */
  readonly next?: string;
}
