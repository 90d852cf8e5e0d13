import type { Account, Counters, Entry } from './account.js';
import type { AccountId } from './ids.js';
import type { LocalLeg, Purpose } from './transfer.js';

/** How a step changes the debit and the credit side of a leg. */
export type Movement = 'post' | 'set_aside' | 'confirm' | 'release';
/** How a hold's debits are changed. */
export type OneSided = 'set_aside' | 'release';

/**
 * What a step writes: its legs moved, both sides; or captured, where a debit that is on this shard was set aside by the
 * hold and stays so until it is posted; then debit sides of a hold's legs.
 */
export interface Movements {
  readonly moved?: readonly [readonly LocalLeg[], Movement];
  readonly captured?: readonly [readonly LocalLeg[], Movement];
  readonly held?: readonly [readonly LocalLeg[], OneSided];
}

/** What a movement does to legs by what they are for. */
export function movementsOf(
  purpose: Purpose | undefined,
  legs: readonly LocalLeg[],
  movement: Movement,
): Movements {
  switch (purpose) {
    // Set aside by its first step, whichever that is; confirmed it stays so, the hold's until it is captured or freed.
    case 'hold':
      if (movement === 'confirm') return {};
      return { held: [legs, movement === 'release' ? 'release' : 'set_aside'] };
    // Its pivot frees; its coordinator has no legs in it.
    case 'release':
      return movement === 'post' ? { held: [legs, 'release'] } : {};
    case 'capture':
      return { captured: [legs, movement] };
    default:
      return { moved: [legs, movement] };
  }
}

/**
 * The entries of a step: leg by leg, of what is moved or captured the debit side first, of what is held one for each leg.
 * Versions go up by one per entry, also when an account has several.
 */
export function entriesOf(
  { moved, captured, held }: Movements,
  accountOf: (id: AccountId) => Account,
): Entry[] {
  const entries: Entry[] = [];
  const change = (id: AccountId, side: 'debit' | 'credit', amount: bigint, movement: Movement): void => {
    const last = lastOf(entries, id);
    const { counters: before, version } = last ?? accountOf(id);
    const after =
      side === 'debit' ? moveDebit(before, amount, movement) : moveCredit(before, amount, movement);
    entries.push({ account: id, version: version + 1, before, after });
  };
  if (moved !== undefined) {
    const [legs, movement] = moved;
    for (const { debit, credit, amount } of legs) {
      change(debit, 'debit', amount, movement);
      change(credit, 'credit', amount, movement);
    }
  }
  if (captured !== undefined) {
    const [legs, movement] = captured;
    for (const { debit, credit, amount, inTransit } of legs) {
      if (inTransit?.side === 'debit') change(debit, 'debit', amount, movement);
      else if (movement === 'post' || movement === 'confirm') change(debit, 'debit', amount, 'confirm');
      change(credit, 'credit', amount, movement);
    }
  }
  if (held !== undefined) {
    const [legs, movement] = held;
    for (const { debit, amount } of legs) change(debit, 'debit', amount, movement);
  }
  return entries;
}

/** What the step's own entries have made of an account so far. They are few: a search beats a map. */
function lastOf(
  entries: readonly Entry[],
  id: AccountId,
): { readonly counters: Counters; readonly version: number } | undefined {
  for (let i = entries.length - 1; i >= 0; i -= 1) {
    const entry = entries[i];
    if (entry?.account === id) return { counters: entry.after, version: entry.version };
  }
  return undefined;
}

function moveDebit(c: Counters, amount: bigint, movement: Movement): Counters {
  const { debitsPosted, creditsPosted, debitsPending, creditsPending } = c;
  switch (movement) {
    case 'post':
      return { debitsPosted: debitsPosted + amount, creditsPosted, debitsPending, creditsPending };
    case 'set_aside':
      return { debitsPosted, creditsPosted, debitsPending: debitsPending + amount, creditsPending };
    case 'confirm':
      return {
        debitsPosted: debitsPosted + amount,
        creditsPosted,
        debitsPending: debitsPending - amount,
        creditsPending,
      };
    case 'release':
      return { debitsPosted, creditsPosted, debitsPending: debitsPending - amount, creditsPending };
  }
}

function moveCredit(c: Counters, amount: bigint, movement: Movement): Counters {
  const { debitsPosted, creditsPosted, debitsPending, creditsPending } = c;
  switch (movement) {
    case 'post':
      return { debitsPosted, creditsPosted: creditsPosted + amount, debitsPending, creditsPending };
    case 'set_aside':
      return { debitsPosted, creditsPosted, debitsPending, creditsPending: creditsPending + amount };
    case 'confirm':
      return {
        debitsPosted,
        creditsPosted: creditsPosted + amount,
        debitsPending,
        creditsPending: creditsPending - amount,
      };
    case 'release':
      return { debitsPosted, creditsPosted, debitsPending, creditsPending: creditsPending - amount };
  }
}
