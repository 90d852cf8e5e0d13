import type { TransferTried } from './event.js';
import { releaseIdOf, type TransferId } from './ids.js';
import { debitsOf } from './open-hold.js';
import { legsOfParts } from './plan.js';
import { type LocalLeg, NEVER, type Part, type TransferState } from './transfer.js';

/** What frees parts of a hold. */
export interface Freeing {
  /** To be freed here, in the event that says so. */
  readonly debits: readonly LocalLeg[];
  /** To be written before it: the intents of releases, one for each other shard that has set debits aside. */
  readonly begins: readonly TransferTried[];
}

/**
 * Frees parts of a hold: what is debited here at once, the rest by a saga for each shard that has set some of it aside, which
 * only goes forward. So whoever decides to free them (a void, an expiry, the end of a capture) decides it with one commit, as
 * within one shard, and a shard that is down holds up only its own part. `cause`: the operation, or of an expiry the hold; it
 * frees once.
 */
export function freeing(
  hold: Pick<TransferState, 'id' | 'tenant' | 'first' | 'plan'>,
  parts: readonly Part[],
  cause: TransferId,
  shard: number,
): Freeing {
  const debits = debitsOf(hold, parts, shard);
  const { id: of, plan: whole, tenant } = hold;
  if (whole === undefined) return { debits, begins: [] };
  const shardOf = ({ leg }: Part): number => whole.legs[leg]?.debitShard ?? shard;
  const others = new Set(parts.map(shardOf));
  others.delete(shard);
  const begins = [...others]
    .sort((a, b) => a - b)
    .map((other): TransferTried => {
      const theirs = parts.filter((part) => shardOf(part) === other);
      const plan = { coordinator: shard, participants: [other], legs: legsOfParts(whole.legs, theirs) };
      return {
        type: 'transfer.tried',
        tenant,
        transfer: releaseIdOf(tenant, cause, other),
        coordinator: shard,
        intent: { plan, deadline: NEVER },
        follows: { kind: 'release', of, parts: theirs },
        legs: [],
        entries: [],
      };
    });
  return { debits, begins };
}
