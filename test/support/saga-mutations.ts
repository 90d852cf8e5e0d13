import type { Mutation } from './mutant.js';

/** Deliberate bugs in workflows/saga-protocol.ts. */
export const SAGA_MUTATIONS: readonly Mutation[] = [
  {
    bug: 'a cancel that does not ask the pivot first',
    file: 'saga-protocol.ts',
    find: "of await this.ask('cancelStep', this.pivot, cancelItems(this.undecided))) {",
    replace: "of this.undecided.map(({ id }) => ({ transfer: id, result: 'done' }))) {",
  },
  {
    bug: 'a cancel that goes on although the pivot came first',
    file: 'saga-protocol.ts',
    find: "if (answer.result === 'decided') this",
    replace: 'if (answer.result === undefined) this',
  },
  {
    bug: 'a pivot taken as posted although it was refused',
    file: 'saga-protocol.ts',
    find: "if (result === 'done') this.confirmed",
    replace: "if (result === 'done' || result === 'rejected') this.confirmed",
  },
  {
    bug: 'a pivot before the other tries',
    file: 'saga-protocol.ts',
    find: 'for (const shard of this.between) live = await this.try(shard, live);',
    replace: '',
  },
  {
    bug: 'a refused try that is forgotten',
    file: 'saga-protocol.ts',
    find: 'return inTime.filter(({ id }) => !refused.has(id) && !this.broken.has(id));',
    replace: 'return inTime;',
  },
];

/** Deliberate bugs in src/domain that only a saga can show. */
export const KERNEL_SAGA_MUTATIONS: readonly Mutation[] = [
  {
    bug: 'a try after its cancel',
    file: 'decide-transfer.ts',
    find: "if (known?.last !== undefined) return refuse({ code: 'transfer_canceled' });",
    replace: '',
  },
  {
    bug: 'a cancel after the pivot',
    file: 'decide-transfer.ts',
    find: "(first.step !== 'try' || known?.purpose === 'release')",
    replace: "known?.purpose === 'release'",
  },
  {
    bug: 'a confirm that a freeze refuses',
    file: 'decide-transfer.ts',
    find: "  const { tenant, transfer } = command;\n  const { begins, ...settled } = settle(state, known, 'confirm');",
    replace:
      "  const { tenant, transfer } = command;\n  if (known.first.legs.some(({ debit }) => state.account(debit)?.status === 'frozen')) return refuse({ code: 'account_frozen' });\n  const { begins, ...settled } = settle(state, known, 'confirm');",
  },
  {
    bug: 'a tombstone that is not kept',
    file: 'evolve.ts',
    find: "else if (event.type === 'transfer.canceled' && event.tombstone) {",
    replace: "else if (event.type === 'transfer.canceled' && event.tombstone && seq < 0) {",
  },
  {
    bug: 'reversals across shards that take what others are about to',
    file: 'evolve.ts',
    find: 'reversing: addParts(earlier.reversing, legsIn(earlier), parts, 1n)',
    replace: 'reversing: addParts(earlier.reversing, legsIn(earlier), [], 1n)',
  },
  {
    bug: 'a canceled reversal that keeps its part',
    file: 'evolve.ts',
    find: 'const reversing = addParts(earlier.reversing, legs, follows.parts, -1n);',
    replace: 'const reversing = addParts(earlier.reversing, legs, confirmed ? follows.parts : [], -1n);',
  },
  {
    bug: 'a capture canceled after its hold had ended, whose part stays set aside',
    file: 'settle.ts',
    find: "const released = movement === 'confirm' ? rest : isOpen ? [] : parts;",
    replace: "const released = movement === 'confirm' ? rest : [];",
  },
  {
    bug: 'a final capture that frees the rest of a hold that has ended',
    file: 'settle.ts',
    find: 'const rest = final && isOpen ?',
    replace: 'const rest = final ?',
  },
  {
    bug: 'a hold that is used up while a capture may still bring something back',
    file: 'parts.ts',
    find: 'remaining === 0n && capturing === 0n',
    replace: 'remaining === 0n',
  },
  {
    bug: 'a hold that frees only what is debited at its coordinator',
    file: 'freeing.ts',
    find: 'return { debits, begins };',
    replace: 'return { debits, begins: [] };',
  },
  {
    bug: 'a hold whose end makes its confirm look refused',
    file: 'decide-transfer.ts',
    find: "if (known?.heldBy !== undefined) return repeat({ step: 'confirm', result: 'done', seq: known.heldBy });",
    replace: '',
  },
  {
    bug: 'a hold that frees what it holds when it is confirmed',
    file: 'entries.ts',
    find: "if (movement === 'confirm') return {};",
    replace: "if (movement === 'confirm') return { held: [legs, 'release'] };",
  },
  {
    bug: 'a canceled capture that frees what is held elsewhere',
    file: 'entries.ts',
    find: 'return { captured: [legs, movement] };',
    replace: 'return { moved: [legs, movement] };',
  },
];
