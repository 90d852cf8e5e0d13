import type { FxRate, LocalLeg, Rounding } from '../../../src/domain/transfer.js';

/** A decimal string as a fraction. */
export function fraction(text: string): { readonly over: bigint; readonly under: bigint } {
  const [whole = '', part = ''] = text.split('.');
  return { over: BigInt(whole + part), under: 10n ** BigInt(part.length) };
}

/** `over / under`, both not below zero, to a whole number. */
export function rounded(over: bigint, under: bigint, rounding: Rounding): bigint {
  const down = over / under;
  const twice = (over % under) * 2n;
  switch (rounding) {
    case 'down':
      return down;
    case 'up':
      return twice === 0n ? down : down + 1n;
    case 'half_up':
      return twice >= under ? down + 1n : down;
    case 'half_even':
      return twice > under || (twice === under && down % 2n === 1n) ? down + 1n : down;
  }
}

/** An amount in another asset's minor units, in whole numbers only. */
export function converted(
  amount: bigint,
  from: string,
  to: string,
  rate: string,
  rounding: Rounding,
): bigint {
  const { over, under } = fraction(rate);
  return rounded(amount * over * unit(to), under * unit(from), rounding);
}

export const holds = (legs: readonly LocalLeg[], { sell, buy, rate, rounding }: FxRate): boolean => {
  const [sold, bought] = [legs[sell], legs[buy]];
  if (sold === undefined || bought === undefined || sold.asset === bought.asset) return false;
  if (fraction(rate).over === 0n) return false;
  if (sold.amount <= 0n) return true; // refused before its rate is looked at
  return converted(sold.amount, sold.asset, bought.asset, rate, rounding) === bought.amount;
};

const unit = (asset: string): bigint => 10n ** BigInt(asset.split('/')[1] ?? '0');
