/** Counts of minor units as the journal writes them: decimal digits. Most fit a number, which is many times faster. */
const SHORT = 15;
const WHOLE = /^(?:0|[1-9]\d*)$/;

export const isWhole = (text: unknown): text is string => typeof text === 'string' && WHOLE.test(text);

/** Fits a number exactly, as does the sum of a few such. */
export const isShort = (text: string): boolean => text.length <= SHORT;

/** `a + times × amount`, in digits; below zero with a sign. */
export function sum(a: string, times: -1 | 0 | 1, amount: string): string {
  if (times === 0) return a;
  if (isShort(a) && isShort(amount)) return String(Number(a) + times * Number(amount));
  return (BigInt(a) + BigInt(times) * BigInt(amount)).toString();
}
