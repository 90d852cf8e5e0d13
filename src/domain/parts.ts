import type { Rejection } from './rejections.js';
import type { HoldPart, LocalLeg, Part } from './transfer.js';

/** Whether parts name legs that are there, each once, with amounts above zero: of form, so never recorded. */
export function partsRefusal(parts: readonly Part[], legs: readonly LocalLeg[]): Rejection | undefined {
  const named = new Set<number>();
  for (const [index, { leg, amount }] of parts.entries()) {
    if (legs[leg] === undefined || named.has(leg)) return { code: 'leg_not_found', index };
    if (amount <= 0n) return { code: 'amount_not_positive', index };
    named.add(leg);
  }
  return undefined;
}

/** What is left of a hold after parts of it were taken. */
export const less = (hold: readonly HoldPart[], parts: readonly Part[]): HoldPart[] =>
  hold.map((part, leg) => {
    const taken = parts.reduce((sum, one) => (one.leg === leg ? sum + one.amount : sum), 0n);
    return { remaining: part.remaining - taken, captured: part.captured + taken };
  });
