import { Decimal } from 'decimal.js';

declare const brand: unique symbol;
/** A count of minor units (cents at scale 2). Never a JavaScript number. */
export type Money = bigint & { readonly [brand]: 'Money' };

/** decimal.js rounds to 20 digits by default, which loses cents of large amounts. */
const Exact = Decimal.clone({ precision: 40, toExpNeg: -40, toExpPos: 40 });

/** The largest magnitude Postgres numeric(38,0) holds. */
export const MAX_MONEY = 10n ** 38n - 1n;

export const money = (minorUnits: bigint): Money => minorUnits as Money;
export const ZERO = money(0n);

export type AmountFault = 'malformed' | 'too_precise' | 'too_large';

const DECIMAL = /^-?(0|[1-9][0-9]{0,37})(\.[0-9]{1,18})?$/;

/**
 * Reads a decimal string such as `"12.34"` as minor units at `scale`.
 * Trailing zeros beyond the scale are accepted only if they change nothing ("1.000" at scale 2 is too precise).
 */
export function parseMoney(text: string, scale: number): Money | AmountFault {
  if (!DECIMAL.test(text)) return 'malformed';
  const fraction = text.split('.')[1] ?? '';
  if (fraction.length > scale) return 'too_precise';
  const minor = BigInt(new Exact(text).times(new Exact(10).pow(scale)).toFixed(0));
  if (minor > MAX_MONEY || minor < -MAX_MONEY) return 'too_large';
  return money(minor);
}

/** Minor units as a decimal string with exactly `scale` digits after the point. */
export function formatMoney(minor: bigint, scale: number): string {
  const digits = (minor < 0n ? -minor : minor).toString().padStart(scale + 1, '0');
  const whole = digits.slice(0, digits.length - scale);
  const sign = minor < 0n ? '-' : '';
  return scale === 0 ? sign + whole : `${sign}${whole}.${digits.slice(digits.length - scale)}`;
}

/** Minor units as plain digits, as the journal and the tables have them. Most counters that are pending are zero. */
export const unitsText = (minor: bigint): string => (minor === 0n ? '0' : minor.toString());
