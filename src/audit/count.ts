/**
 * A count of minor units. A number where it has at most 15 digits, which is exact and many times faster; a bigint where it
 * has more. So two counts are equal where `===` says so.
 */
export type Count = number | bigint;

const DIGITS = 15;
const SHORT = 10 ** DIGITS;
const WHOLE = /^[1-9]\d*$/;
const ZERO = 0x30;

/** A count as the journal writes it: decimal digits, none too many. Undefined for anything else. */
export function countIn(text: unknown): Count | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  if (text.length > DIGITS) return WHOLE.test(text) ? BigInt(text) : undefined;
  if (text.length > 1 && text.charCodeAt(0) === ZERO) return undefined;
  let count = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - ZERO;
    if (digit < 0 || digit > 9) return undefined;
    count = count * 10 + digit;
  }
  return count;
}

/** The same where nothing else may stand. Throws RangeError. */
export function countOf(text: unknown): Count {
  const count = countIn(text);
  if (count === undefined) throw new RangeError(`${JSON.stringify(text)} is no count of minor units`);
  return count;
}

/** `a + times × b`; may be below zero. */
export function plus(a: Count, times: -1 | 0 | 1, b: Count): Count {
  if (times === 0) return a;
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + times * b;
    return Math.abs(sum) < SHORT ? sum : BigInt(sum);
  }
  return shortest(BigInt(a) + BigInt(times) * BigInt(b));
}

export const shortest = (whole: bigint): Count =>
  whole < BigInt(SHORT) && whole > -BigInt(SHORT) ? Number(whole) : whole;
