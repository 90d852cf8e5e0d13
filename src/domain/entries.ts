import type { Account, Counters, Entry } from './account.js';
import type { AccountId } from './ids.js';
import type { LocalLeg } from './transfer.js';

/** How a step changes the debit and the credit side of a leg. */
export type Movement = 'post' | 'set_aside' | 'confirm' | 'release' | 'capture';
/** How one side alone is changed: a hold's debits, and the credits of a capture whose debits the hold set aside. */
export type OneSided = 'set_aside' | 'release';

/** What a step writes: its legs moved, or only their credit sides; then debit sides of a hold's legs. */
export interface Movements {
  readonly moved?: readonly [readonly LocalLeg[], Movement];
  readonly credited?: readonly [readonly LocalLeg[], OneSided];
  readonly held?: readonly [readonly LocalLeg[], OneSided];
}

/**
 * The entries of a step: of what is moved leg by leg, debit side first (entry 2i is leg i's debit, 2i+1 its credit),
 * of what is credited or held one for each leg. Versions go up by one per entry, also when an account has several.
 */
export function entriesOf(
  { moved, credited, held }: Movements,
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
  if (credited !== undefined) {
    const [legs, movement] = credited;
    for (const { credit, amount } of legs) change(credit, 'credit', amount, movement);
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
    case 'capture':
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
    // A hold sets no credits aside: there is nothing to release on this side.
    case 'capture':
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
