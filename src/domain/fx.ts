import { Decimal } from 'decimal.js';
import { scaleOf } from './asset.js';
import type { FxRate, LocalLeg, Rounding } from './transfer.js';

const MODES: Readonly<Record<Rounding, Decimal.Rounding>> = {
  half_even: Decimal.ROUND_HALF_EVEN,
  half_up: Decimal.ROUND_HALF_UP,
  down: Decimal.ROUND_DOWN,
  up: Decimal.ROUND_UP,
};
/** decimal.js's own 20 digits lose cents of large amounts; 40 × 2 hold the product of any two of ours. */
const Exact = Decimal.clone({ precision: 80, toExpNeg: -90, toExpPos: 90 });
const RATE = /^(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?$/;

/** A decimal string above zero with at most 18 digits on either side of the point. */
export const isRate = (text: string): boolean => RATE.test(text) && !new Exact(text).isZero();

/**
 * What `amount` minor units at `fromScale` are at `rate`, in minor units at `toScale`.
 * @throws TypeError if the rate is not one
 */
export function convert(
  amount: bigint,
  fromScale: number,
  toScale: number,
  rate: string,
  rounding: Rounding,
): bigint {
  if (!isRate(rate)) throw new TypeError(`not a rate: ${rate}`);
  const units = new Exact(amount.toString()).times(rate).times(new Exact(10).pow(toScale - fromScale));
  return BigInt(units.toDecimalPlaces(0, MODES[rounding]).toFixed(0));
}

/** The first rate whose two legs it does not explain to the minor unit, by index; undefined if all hold. */
export function brokenRate(
  legs: readonly LocalLeg[],
  rates: readonly FxRate[] | undefined,
): number | undefined {
  const broken = (rates ?? []).findIndex(({ sell, buy, rate, rounding }) => {
    const [sold, bought] = [legs[sell], legs[buy]];
    if (sold === undefined || bought === undefined || sold.asset === bought.asset || !isRate(rate))
      return true;
    return convert(sold.amount, scaleOf(sold.asset), scaleOf(bought.asset), rate, rounding) !== bought.amount;
  });
  return broken < 0 ? undefined : broken;
}
