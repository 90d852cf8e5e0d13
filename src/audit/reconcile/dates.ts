const DAY_MS = 86_400_000;
const PARTS: Readonly<Record<string, string>> = {
  YYYY: '(?<year>\\d{4})',
  YY: '(?<year>\\d{2})',
  MM: '(?<month>\\d{2})',
  M: '(?<month>\\d{1,2})',
  DD: '(?<day>\\d{2})',
  D: '(?<day>\\d{1,2})',
  HH: '\\d{2}',
  mm: '\\d{2}',
  ss: '\\d{2}',
};

/** Reads dates of a form such as `DD.MM.YYYY`, as YYYY-MM-DD; undefined where a text has another, or is no day there was. */
export type ReadDate = (text: string) => string | undefined;

/** @throws RangeError where the form does not say year, month and day, each once */
export function dateReader(form: string): ReadDate {
  const pattern = form.replace(
    /YYYY|YY|MM|M|DD|D|HH|mm|ss|[^A-Za-z0-9\s]/g,
    (part) => PARTS[part] ?? `\\${part}`,
  );
  const whole = ['year', 'month', 'day'].every((name) => pattern.split(`(?<${name}>`).length === 2);
  if (!whole) throw new RangeError(`"${form}" does not say YYYY (or YY), MM and DD, each once`);
  const matcher = new RegExp(`^${pattern}$`);
  return (text) => {
    const { year = '', month = '', day = '' } = matcher.exec(text.trim())?.groups ?? {};
    const date = [year.length === 2 ? `20${year}` : year, month.padStart(2, '0'), day.padStart(2, '0')].join(
      '-',
    );
    return isDate(date) ? date : undefined;
  };
}

/** A day there was, as YYYY-MM-DD. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

/** Days since 1970, to count between two. */
export const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY_MS;

/** The date that a moment (RFC 3339) has in a time zone. @throws RangeError where there is no such zone */
export function dateIn(timeZone: string): (moment: string) => string {
  const parts = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, ...parts });
  return (moment) => format.format(new Date(moment));
}
