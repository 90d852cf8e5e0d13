const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;
/** Postgres has no year 0, and an offset can carry a time out of the years that have four digits. */
const FIRST = Date.parse('0001-01-01T00:00:00.000Z');
const LAST = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * An RFC 3339 time as UTC with milliseconds, finer parts cut off; undefined if it is none. A leap second counts as the
 * last millisecond before it. Written one way, times compare as text and fall on the day that their text begins with.
 */
export function instantOf(text: string): string | undefined {
  const upper = text.toUpperCase();
  if (!RFC_3339.test(upper)) return undefined;
  const millis = Date.parse(upper.replace(/:60(\.\d+)?(?=Z|[+-])/, ':59.999'));
  if (Number.isNaN(millis)) return undefined;
  return new Date(Math.min(Math.max(millis, FIRST), LAST)).toISOString();
}
