import { Decimal } from 'decimal.js';

/** Weights of any size, such as percentages, whose sums must not be rounded. */
const Exact = Decimal.clone({ precision: 80, toExpNeg: -90, toExpPos: 90 });
const WEIGHT = /^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/;

/**
 * Divides an amount by weights or percentages with nothing lost: each share is rounded down, and the units that are
 * left go one each to the largest remainders, among equals to the earlier one (Hamilton's method).
 * `weights`: decimal strings, at least one above zero. Returns as many amounts, in minor units, that sum to `amount`.
 * @throws RangeError for an amount below zero or weights that can not divide it
 */
export function split(amount: bigint, weights: readonly string[]): bigint[] {
  if (amount < 0n) throw new RangeError('an amount to split is not below zero');
  const wrong = weights.find((weight) => !WEIGHT.test(weight));
  if (wrong !== undefined) throw new RangeError(`not a weight: ${JSON.stringify(wrong)}`);
  const scale = Math.max(0, ...weights.map((weight) => weight.split('.')[1]?.length ?? 0));
  // Whole numbers from here on, so that no division is ever inexact.
  const whole = weights.map((weight) => BigInt(new Exact(weight).times(new Exact(10).pow(scale)).toFixed(0)));
  const total = whole.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) throw new RangeError('at least one weight is above zero');
  const shares = whole.map((weight) => (amount * weight) / total);
  const left = Number(amount - shares.reduce((sum, share) => sum + share, 0n));
  const remainder = (index: number): bigint => (amount * (whole[index] ?? 0n)) % total;
  const order = shares
    .map((_, index) => index)
    .sort((a, b) => {
      const difference = remainder(b) - remainder(a);
      return difference > 0n ? 1 : difference < 0n ? -1 : a - b;
    });
  for (const index of order.slice(0, left)) shares[index] = (shares[index] ?? 0n) + 1n;
  return shares;
}
