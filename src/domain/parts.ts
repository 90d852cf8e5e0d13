import type { Rejection } from './rejections.js';
import type { HoldPart, Leg, Part } from './transfer.js';

/** Whether parts name legs that are there, each once, with amounts above zero: of form, so never recorded. */
export function partsRefusal(parts: readonly Part[], legs: readonly Leg[]): Rejection | undefined {
  const named = new Set<number>();
  for (const [index, { leg, amount }] of parts.entries()) {
    if (legs[leg] === undefined || named.has(leg)) return { code: 'leg_not_found', index };
    if (amount <= 0n) return { code: 'amount_not_positive', index };
    named.add(leg);
  }
  return undefined;
}

const sumOf = (parts: readonly Part[], leg: number): bigint =>
  parts.reduce((sum, part) => (part.leg === leg ? sum + part.amount : sum), 0n);

/** A hold with the parts moved from one of its amounts to another, or out of it. */
export const moveParts = (
  hold: readonly HoldPart[],
  parts: readonly Part[],
  from: keyof HoldPart,
  to?: keyof HoldPart,
): HoldPart[] =>
  hold.map((part, leg) => {
    const amount = sumOf(parts, leg);
    const after = (of: keyof HoldPart): bigint =>
      part[of] + (of === to ? amount : 0n) - (of === from ? amount : 0n);
    return { remaining: after('remaining'), capturing: after('capturing'), captured: after('captured') };
  });

/** A hold as its first event leaves it. */
export const untouched = (legs: readonly Leg[]): HoldPart[] =>
  legs.map(({ amount }) => ({ remaining: amount, capturing: 0n, captured: 0n }));

/** Whether nothing can become of the hold any more: nothing remains, and no capture can bring anything back. */
export const isUsedUp = (hold: readonly HoldPart[]): boolean =>
  hold.every(({ remaining, capturing }) => remaining === 0n && capturing === 0n);

export const remainingOf = (hold: readonly HoldPart[]): Part[] =>
  hold.flatMap(({ remaining }, leg) => (remaining > 0n ? [{ leg, amount: remaining }] : []));

/** Amounts by leg with the parts added (`sign` 1n) or taken off (-1n). */
export const addParts = (
  amounts: readonly bigint[] | undefined,
  legs: number,
  parts: readonly Part[],
  sign: 1n | -1n,
): bigint[] => Array.from({ length: legs }, (_, leg) => (amounts?.[leg] ?? 0n) + sign * sumOf(parts, leg));
