import type { Account, Counters, Entry } from './account.js';
import type { AccountId } from './ids.js';
import type { LocalLeg, Part } from './transfer.js';

/** How a step changes the debit and the credit side of a leg. */
export type Movement = 'post' | 'set_aside' | 'confirm' | 'release' | 'capture';
/** How a hold changes the debit side alone. */
export type DebitMovement = 'set_aside' | 'release';

/** What a step writes: its legs moved, then the debit sides of a hold's legs set aside or released. */
export interface Movements {
  readonly moved?: readonly [readonly LocalLeg[], Movement];
  readonly held?: readonly [readonly LocalLeg[], DebitMovement];
}

/**
 * The entries of a step: of what is moved leg by leg, debit side first (entry 2i is leg i's debit, 2i+1 its credit),
 * then of what is held one for each leg. Versions go up by one per entry, also when an account has several.
 */
export function entriesOf({ moved, held }: Movements, accountOf: (id: AccountId) => Account): Entry[] {
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
  if (moved !== undefined) {
    const [legs, movement] = moved;
    for (const { debit, credit, amount } of legs) {
      change(debit, (c) => moveDebit(c, amount, movement));
      change(credit, (c) => moveCredit(c, amount, movement));
    }
  }
  if (held !== undefined) {
    const [legs, movement] = held;
    for (const { debit, amount } of legs) change(debit, (c) => moveDebit(c, amount, movement));
  }
  return entries;
}

/** The parts as legs of their own; a part of a leg that is not there is left out. */
export const legsOfParts = (legs: readonly LocalLeg[], parts: readonly Part[]): LocalLeg[] =>
  parts.flatMap(({ leg, amount }) => {
    const of = legs[leg];
    return of === undefined ? [] : [{ ...of, amount }];
  });

function moveDebit(c: Counters, amount: bigint, movement: Movement): Counters {
  switch (movement) {
    case 'post':
      return { ...c, debitsPosted: c.debitsPosted + amount };
    case 'set_aside':
      return { ...c, debitsPending: c.debitsPending + amount };
    case 'confirm':
    case 'capture':
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
    // A hold sets no credits aside: there is nothing to release on this side.
    case 'capture':
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
