import { RRuleTemporal } from 'rrule-temporal';

/** A rule of RFC 5545 in a time zone. */
export interface Calendar {
  /** `FREQ=MONTHLY;BYMONTHDAY=-1`, as `ruleFault` lets through. */
  readonly rrule: string;
  /** IANA name. */
  readonly timeZone: string;
  /** RFC 3339, UTC: DTSTART. Its time of day there is the occurrences', where the rule says nothing else. */
  readonly startsAt: string;
}

const WHOLE = /^[0-9]{1,7}$/;
const WEEKDAY = /^([+-]?([1-9]|[1-4][0-9]|5[0-3]))?(MO|TU|WE|TH|FR|SA|SU)$/;
const UNTIL = /^[0-9]{8}T[0-9]{6}Z$/;
const ZONE = /^[A-Za-z][A-Za-z0-9_+-]*(\/[A-Za-z0-9_+-]+)*$/;

const number = (min: number, max: number) => (text: string) =>
  WHOLE.test(text) && Number(text) >= min && Number(text) <= max;
/** Counted from the end where it is below zero. */
const place = (max: number) => (text: string) => number(1, max)(text.replace(/^[+-]/, ''));
const each = (item: (text: string) => boolean) => (text: string) => text.split(',').every(item);

/** Of RFC 5545 (3.3.10) what a payment may need, with the ranges it gives; seconds are not among it. */
const PARTS: Readonly<Record<string, (text: string) => boolean>> = {
  FREQ: (text) => ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY'].includes(text),
  INTERVAL: number(1, 10_000),
  COUNT: number(1, 1_000_000),
  UNTIL: (text) => UNTIL.test(text),
  BYMONTH: each(number(1, 12)),
  BYWEEKNO: each(place(53)),
  BYYEARDAY: each(place(366)),
  BYMONTHDAY: each(place(31)),
  BYDAY: each((text) => WEEKDAY.test(text)),
  BYHOUR: each(number(0, 23)),
  BYMINUTE: each(number(0, 59)),
  BYSETPOS: each(place(366)),
  WKST: (text) => ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'].includes(text),
};

/**
 * How far a rule is looked along for its next occurrence: enough for the 29th of February day by day, and a bound on
 * what one request may cost.
 */
const LIMITS = { maxIterations: 3_000, maxCandidateEvaluations: 20_000, cache: false, strict: true } as const;

/** What is wrong with the rule, as a sentence; undefined if nothing is. Its zone must be one. */
export function ruleFault(calendar: Calendar): string | undefined {
  const fault = partsFault(calendar.rrule);
  if (fault !== undefined) return fault;
  try {
    ruleOf(calendar);
    return undefined;
  } catch (error) {
    // What the standard forbids of parts together.
    return `${messageOf(error)}.`;
  }
}

function partsFault(rrule: string): string | undefined {
  const names = new Set<string>();
  for (const part of rrule.split(';')) {
    const [name = '', value = ''] = part.split(/=(.*)/s);
    if (name === 'FREQ' && value === 'SECONDLY') return 'Occurrences are at least a minute apart.';
    if (name === 'BYSECOND') return 'Occurrences are at least a minute apart: BYSECOND is not taken.';
    const takes = PARTS[name];
    if (takes === undefined) return `"${name}" is not a part of a rule that is taken here.`;
    if (names.has(name)) return `${name} is there twice.`;
    if (!takes(value)) return `${name} can not be "${value}".`;
    names.add(name);
  }
  if (!names.has('FREQ')) return 'A rule needs a FREQ.';
  if (names.has('COUNT') && names.has('UNTIL')) return 'A rule has COUNT or UNTIL, not both.';
  return undefined;
}

export function isTimeZone(name: string): boolean {
  if (!ZONE.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The first occurrence, RFC 3339 in UTC; undefined if the rule has none, or none within reach. */
export const firstOccurrence = (calendar: Calendar): string | undefined =>
  next(calendar, calendar.startsAt, true);

/** The one after the occurrence `number`, which was due at `due`; undefined if that was the last. */
export function occurrenceAfter(calendar: Calendar, number: number, due: string): string | undefined {
  const count = /(?:^|;)COUNT=([0-9]+)/.exec(calendar.rrule)?.[1];
  return count !== undefined && number >= Number(count) ? undefined : next(calendar, due, false);
}

function next(calendar: Calendar, after: string, inclusive: boolean): string | undefined {
  try {
    const found = ruleOf(calendar).next(new Date(after), inclusive);
    const at = found === null ? '' : new Date(found.epochMilliseconds).toISOString();
    return /^[0-9]{4}-/.test(at) ? at : undefined;
  } catch (error) {
    // "Not within reach" has no other name there: too many steps, or a date that is none.
    if (error instanceof RangeError || /^Maximum /.test(messageOf(error))) return undefined;
    throw error;
  }
}

function ruleOf({ rrule, timeZone, startsAt }: Calendar): RRuleTemporal {
  // Occurrences are counted by the ledger: to count them anew from the first would cost more with each.
  const uncounted = rrule.replace(/(^|;)COUNT=[0-9]+/, '').replace(/^;/, '');
  const dtstart = { timeZoneId: timeZone, toString: () => `${startsAt}[${timeZone}]` };
  return new RRuleTemporal({ rruleString: uncounted, dtstart, ...LIMITS });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
