import type { Account, Counters, Entry } from './account.js';
import type { AccountId } from './ids.js';
import type { LocalLeg } from './transfer.js';

/** How a step changes the debit and the credit side of a leg. */
export type Movement = 'post' | 'set_aside' | 'confirm' | 'release';

/**
 * The entries of a step, leg by leg, debit side first: entry 2i is leg i's debit, 2i+1 its credit.
 * Versions go up by one per entry, also when an account has several.
 */
export function entriesOf(
  legs: readonly LocalLeg[],
  movement: Movement,
  accountOf: (id: AccountId) => Account,
): Entry[] {
  const latest = new Map<AccountId, Entry>();
  const entries: Entry[] = [];
  const change = (id: AccountId, move: (before: Counters) => Counters): void => {
    const last = latest.get(id);
    const account = last === undefined ? accountOf(id) : undefined;
    const before = last?.after ?? account?.counters;
    const version = last?.version ?? account?.version;
    if (before === undefined || version === undefined) throw new Error(`account ${id} was not loaded`);
    const entry = { account: id, version: version + 1, before, after: move(before) };
    latest.set(id, entry);
    entries.push(entry);
  };
  for (const { debit, credit, amount } of legs) {
    change(debit, (c) => moveDebit(c, amount, movement));
    change(credit, (c) => moveCredit(c, amount, movement));
  }
  return entries;
}

function moveDebit(c: Counters, amount: bigint, movement: Movement): Counters {
  switch (movement) {
    case 'post':
      return { ...c, debitsPosted: c.debitsPosted + amount };
    case 'set_aside':
      return { ...c, debitsPending: c.debitsPending + amount };
    case 'confirm':
      return {
        ...c,
        debitsPending: c.debitsPending - amount,
        debitsPosted: c.debitsPosted + amount,
      };
    case 'release':
      return { ...c, debitsPending: c.debitsPending - amount };
  }
}

function moveCredit(c: Counters, amount: bigint, movement: Movement): Counters {
  switch (movement) {
    case 'post':
      return { ...c, creditsPosted: c.creditsPosted + amount };
    case 'set_aside':
      return { ...c, creditsPending: c.creditsPending + amount };
    case 'confirm':
      return {
        ...c,
        creditsPending: c.creditsPending - amount,
        creditsPosted: c.creditsPosted + amount,
      };
    case 'release':
      return { ...c, creditsPending: c.creditsPending - amount };
  }
}
