import type { Mutation } from './mutant.js';

/** Deliberate bugs in src/domain. */
export const MUTATIONS: readonly Mutation[] = [
  {
    bug: 'a release that leaves the debit pending',
    file: 'entries.ts',
    find: 'return { debitsPosted, creditsPosted, debitsPending: debitsPending - amount, creditsPending };',
    replace: 'return { debitsPosted, creditsPosted, debitsPending, creditsPending };',
  },
  {
    bug: 'a second entry of one account that does not raise its version',
    file: 'entries.ts',
    find: 'version: version + 1',
    replace: 'version: last === undefined ? version + 1 : version',
  },
  {
    bug: 'a capture that debits the wrong side of pending',
    file: 'entries.ts',
    find: 'return { debitsPosted, creditsPosted: creditsPosted + amount, debitsPending, creditsPending };',
    replace: 'return { debitsPosted: debitsPosted + amount, creditsPosted, debitsPending, creditsPending };',
  },
  {
    bug: 'a capture over what remains of the hold',
    file: 'decide-hold.ts',
    find: 'amount > (hold.parts[leg]?.remaining ?? 0n)',
    replace: 'amount > (hold.legs[leg]?.amount ?? 0n)',
  },
  {
    bug: 'an expiry that frees what was captured',
    file: 'decide-hold.ts',
    find: 'const released = remainingOf(parts);',
    replace: 'const released = legs.map(({ amount }, leg) => ({ leg, amount }));',
  },
  {
    bug: 'a final capture that keeps the rest set aside',
    file: 'decide-hold.ts',
    find: 'const released = final ? remainingOf(less(hold.parts, parts)) : [];',
    replace: 'const released: Part[] = [];',
  },
  {
    bug: 'a void that leaves the hold open, to be voided again',
    file: 'evolve.ts',
    find: "last: doneAt(voided ? 'void' : 'expire', seq) }",
    replace: "...(voided ? {} : { last: doneAt('expire', seq) }) }",
  },
  {
    bug: 'a hold that an incoming leg may pay for',
    file: 'admission.ts',
    find: "const net = kind === 'hold' ? -debits : credits - debits;",
    replace: 'const net = credits - debits;',
  },
  {
    bug: 'a minimum that may be missed by one',
    file: 'admission.ts',
    find: 'available + net < minBalance',
    replace: 'available + net + 1n < minBalance',
  },
  {
    bug: 'a maximum that does not count what is pending',
    file: 'account.ts',
    find: 'c.creditsPosted - c.debitsPosted + c.creditsPending;',
    replace: 'c.creditsPosted - c.debitsPosted;',
  },
  {
    bug: 'up_to that spends what is set aside',
    file: 'admission.ts',
    find: 'atMost(availableOf(debit.counters) - debit.minBalance)',
    replace: 'atMost(debit.counters.creditsPosted - debit.counters.debitsPosted - debit.minBalance)',
  },
  {
    bug: 'a freeze of credits that lets them in',
    file: 'account.ts',
    find: "s === 'frozen' || s === 'frozen_credits'",
    replace: "s === 'frozen'",
  },
  {
    bug: 'a close with money still pending',
    file: 'decide-account.ts',
    find: 'balanceOf(counters) === 0n && debitsPending === 0n',
    replace: 'balanceOf(counters) === 0n',
  },
  {
    bug: 'a reversal that moves on in the same direction',
    file: 'decide-reversal.ts',
    find: 'debit: credit,\n  credit: debit,',
    replace: 'debit,\n  credit,',
  },
  {
    bug: 'reversals that do not know of each other',
    file: 'decide-reversal.ts',
    find: 'const left = amount - (reversed?.[leg] ?? 0n);',
    replace: 'const left = reversed === undefined ? amount : amount + 0n;',
  },
  {
    bug: 'a key that another request may use',
    file: 'claim.ts',
    find: 'kept.request === asked.request && kept.subject',
    replace: 'kept.subject',
  },
  {
    bug: 'a linked batch of which half is posted',
    file: 'decide-linked.ts',
    find: 'if (failed !== undefined) return rejectAll(',
    replace: 'if (failed === -1) return rejectAll(',
  },
  {
    bug: 'a linked item that was used by itself before',
    file: 'decide-linked.ts',
    find: 'const used = repeated ? undefined : usedBefore(state, items);',
    replace: 'const used = undefined;',
  },
  {
    bug: 'a cancel after the pivot',
    file: 'decide-transfer.ts',
    find: "if (first !== undefined && first.step !== 'try') return refuse({ code: 'transfer_decided' });",
    replace: '',
  },
  {
    bug: 'a confirm that posts again',
    file: 'decide-transfer.ts',
    find: "if (known?.last !== undefined) {\n    return known.last.step === 'confirm' ?",
    replace:
      "if (known?.last !== undefined && known.last.step !== 'confirm') {\n    return known.last.step === 'confirm' ?",
  },
  {
    bug: 'a try after its cancel',
    file: 'decide-transfer.ts',
    find: "if (known?.last !== undefined) return refuse({ code: 'transfer_canceled' });",
    replace: '',
  },
  {
    bug: "another tenant's transfer repeated",
    file: 'decide-transfer.ts',
    find: 'known !== undefined && known.tenant !== command.tenant',
    replace: 'known === null',
  },
  {
    bug: 'a bought amount that may be off by one unit',
    file: 'fx.ts',
    find: 'rate, rounding) !== bought.amount;',
    replace: 'rate, rounding) - bought.amount > 1n;',
  },
];
