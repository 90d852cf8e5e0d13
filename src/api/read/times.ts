import { problem } from '../problem.js';

/** RFC 3339 with a zone; years of four digits, so that no zone carries them out of what Postgres holds. */
const RFC3339 =
  /^([1-9]\d{3})-(\d\d)-(\d\d)[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/**
 * The same instant in UTC with milliseconds, so that one instant has one canonical form; what is finer is cut off.
 * @throws ProblemError naming `field`
 */
export function instantIn(text: string, field: string): string {
  const [, year, month, day] = (RFC3339.exec(text) ?? []).map(Number);
  const isDate = year !== undefined && month !== undefined && day !== undefined;
  // JavaScript makes the 2nd of March of a 30th of February.
  const exists = isDate && new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day && month <= 12;
  const instant = exists ? new Date(Date.parse(text.toUpperCase())) : undefined;
  const utc = instant === undefined || Number.isNaN(instant.getTime()) ? '' : instant.toISOString();
  if (!/^[1-9]\d{3}-/.test(utc)) throw problem('time_malformed', { field });
  return utc;
}

export const millisecondBefore = (utc: string): string => new Date(Date.parse(utc) - 1).toISOString();
