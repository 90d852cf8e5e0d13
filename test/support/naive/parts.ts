import type { LocalLeg, Part, PlannedLeg } from '../../../src/domain/transfer.js';
import type { Operation } from './book.js';

/** The shard of these books. */
export const SHARD = 0;

export const partsOf = (legs: readonly PlannedLeg[], parts: readonly Part[]): PlannedLeg[] =>
  parts.flatMap(({ leg, amount }) => legs.slice(leg, leg + 1).map((one) => ({ ...one, amount })));

export const turned = (leg: PlannedLeg): PlannedLeg => ({
  ...leg,
  debit: leg.credit,
  credit: leg.debit,
  debitShard: leg.creditShard,
  creditShard: leg.debitShard,
});

export const legsOf = (of: Operation, parts: readonly Part[]): LocalLeg[] =>
  parts.flatMap(({ leg, amount }) => of.legs.slice(leg, leg + 1).map((one) => ({ ...one, amount })));

export function malformedPart(parts: readonly Part[], legs: readonly unknown[]): string | undefined {
  for (const [index, { leg, amount }] of parts.entries()) {
    const doubled = parts.slice(0, index).some((earlier) => earlier.leg === leg);
    if (leg >= legs.length || doubled) return `refused:leg_not_found@${index}`;
    if (amount <= 0n) return `refused:amount_not_positive@${index}`;
  }
  return undefined;
}

/** Of which legs something is left. */
export const partsLeft = (of: Operation, left: (leg: number) => bigint): Part[] =>
  (of.whole ?? of.legs).map((_, leg) => ({ leg, amount: left(leg) })).filter(({ amount }) => amount > 0n);
