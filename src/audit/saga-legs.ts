import type { EventData, LegData, PlanData } from './journal-event.js';

/** What a saga's steps do to their legs: move both sides, or one of these. */
export type Purpose = 'move' | 'hold' | 'capture' | 'release';

/** Of a step or an intent, as its own event says it; of what was in review its plan does. */
export function purposeIn({ holds, hold, releases, intent, plan }: EventData): Purpose {
  if (holds === true || intent?.plan.holds === true || plan?.holds === true) return 'hold';
  if (hold !== undefined) return 'capture';
  return releases === undefined ? 'move' : 'release';
}

/** Whether only the debits of its legs are anybody's business. */
export const isOfDebits = (purpose: Purpose): boolean => purpose === 'hold' || purpose === 'release';

/** Whose shards' part it is: the participants of a plan, by what it is for. */
export function participantsOf({ coordinator, legs }: PlanData, purpose: Purpose): string {
  const shards = legs.flatMap(({ debit_shard: from, credit_shard: to }) =>
    isOfDebits(purpose) ? [from] : [from, to],
  );
  return inOrder(shards.filter((shard) => shard !== coordinator));
}

/** Each once, so that order does not matter. */
export const inOrder = (shards: readonly number[]): string =>
  [...new Set(shards)].sort((a, b) => a - b).join(', ');

/** The legs that a plan gives a shard, as texts to compare. */
export function plannedLegs({ legs }: PlanData, shard: number, purpose: Purpose): string {
  const debitsOnly = isOfDebits(purpose);
  const found = legs.flatMap(({ amount, asset, debit, credit, debit_shard: from, credit_shard: to }) => {
    if (from !== shard && (debitsOnly || to !== shard)) return [];
    const payer = placeOf(debit, from === shard ? undefined : from);
    return [`${amount} ${asset} from ${payer} to ${placeOf(credit, to === shard ? undefined : to)}`];
  });
  return found.join();
}

/** A step's own legs, likewise. */
export const writtenLegs = (legs: readonly LegData[]): string =>
  legs
    .map(({ amount, asset, debit, credit, in_transit: way }) => {
      const from = way?.side === 'debit' ? placeOf(way.account, way.peer) : placeOf(debit);
      const to = way?.side === 'credit' ? placeOf(way.account, way.peer) : placeOf(credit);
      return `${amount} ${asset} from ${from} to ${to}`;
    })
    .join();

const placeOf = (account: string, shard?: number): string =>
  shard === undefined ? account : `${account} on shard ${shard}`;
