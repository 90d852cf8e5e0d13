import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { availableOf, balanceOf } from '../../src/domain/account.js';
import type { Command } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import { evolve } from '../../src/domain/evolve.js';
import type { LinkedOutcome, Outcome } from '../../src/domain/outcome.js';
import { REJECTIONS } from '../../src/domain/rejections.js';
import { MemoryState } from '../../src/domain/state.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { dataOf } from '../../src/journal/encode-data.js';
import { movedText } from '../../src/journal/encode-moved.js';
import { Books, checkKernel, commandLists } from '../support/kernel-checker.js';
import { SHARD } from '../support/ledger-commands.js';

const kernel = { decide, evolve };
/** How much longer than in CI: see vitest.long.config.ts. */
const times = inject('runsTimes') ?? 1;
const RUNS = 8_000 * times;

/** What no command of a shard's kernel answers: said before, by intake and routing. */
const ELSEWHERE = new Set([
  'placement_not_allowed',
  'schedule_in_past',
  'schedule_never_fires',
  // What became of a review, as whoever asked for the transfer is told it.
  'review_declined',
  'review_expired',
]);

const deepFreeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const one of Object.values(value)) deepFreeze(one);
};

describe('the kernel', () => {
  it('P1–P4: answers and counts as the naive ledger does, over 200,000 random commands', () => {
    const tally = checkKernel(kernel, { numRuns: RUNS });
    expect(tally.commands).toBeGreaterThan(200_000 * times);
    // No run past the point: every event and every rejection came up, and often.
    for (const count of tally.events.values()) expect(count).toBeGreaterThan(150);
    expect(tally.events.size).toBe(27);
    const codes = Object.keys(REJECTIONS).filter((code) => !ELSEWHERE.has(code));
    expect([...tally.rejections.keys()].sort()).toEqual(codes.sort());
  });

  it('P3: what is set aside stays: a limit that nobody moves is never passed', () => {
    fc.assert(
      fc.property(commandLists, (commands) => {
        const books = new Books(kernel);
        for (const command of commands) if (command.kind !== 'change_account') books.put(command);
        for (const { counters, minBalance } of books.state.accounts.values()) {
          if (minBalance === null) continue;
          // Netting lets one transfer's own pending credit stand for its debit.
          expect(availableOf(counters) + counters.creditsPending >= minBalance).toBe(true);
          expect(balanceOf(counters) >= minBalance).toBe(true);
        }
      }),
      { numRuns: RUNS / 8 },
    );
  });

  it('P7: the events, written out and read back, rebuild the same state', () => {
    fc.assert(
      fc.property(commandLists, (commands) => {
        const books = new Books(kernel);
        for (const command of commands) books.put(command);
        const rebuilt = new MemoryState(SHARD);
        books.events.forEach((event, index) => {
          const seq = index + 1;
          const at = { cluster: 'test', shard: SHARD, seq, time: '2026-01-01T00:00:00.000Z', prev: '' };
          const text = encodeEvent(event, { actor: 'system:test' }, at);
          // Written out by hand, they are what JSON makes of the whole.
          const byHand = movedText(event);
          if (byHand !== undefined) expect(byHand).toBe(JSON.stringify(dataOf(event)));
          const decoded = decodeEvent(text);
          expect(encodeEvent(decoded.event, { actor: 'system:test' }, at)).toBe(text);
          evolve(rebuilt, decoded.event, decoded.seq);
        });
        expect(rebuilt.accounts).toEqual(books.state.accounts);
        expect(rebuilt.transfers).toEqual(books.state.transfers);
        expect(rebuilt.claims).toEqual(books.state.claims);
        expect(rebuilt.schedules).toEqual(books.state.schedules);
        expect(rebuilt.tenants).toEqual(books.state.tenants);
        expect(rebuilt.identity()).toEqual(books.state.identity());
        expect(rebuilt.signing()).toEqual(books.state.signing());
      }),
      { numRuns: RUNS / 16 },
    );
  });

  it('decides the same again, and changes nothing by deciding', () => {
    fc.assert(
      fc.property(commandLists, (commands) => {
        const books = new Books(kernel);
        for (const command of commands) {
          for (const map of [
            books.state.accounts,
            books.state.transfers,
            books.state.claims,
            books.state.schedules,
          ])
            for (const one of map.values()) deepFreeze(one);
          deepFreeze(command);
          const next = books.events.length + 1;
          expect(decide(books.state, command, next)).toEqual(decide(books.state, command, next));
          books.put(command);
        }
      }),
      { numRuns: RUNS / 80 },
    );
  });

  it('P4: a command sent again, at once or after everything else, writes nothing and gets its answer', () => {
    fc.assert(
      fc.property(commandLists, (commands) => {
        const books = new Books(kernel);
        const quietly = (command: Command): Outcome | LinkedOutcome => {
          const { length } = books.events;
          const outcome = books.put(command);
          expect(books.events.length).toBe(length);
          return outcome;
        };
        const first: [Command, Outcome | LinkedOutcome][] = [];
        for (const command of commands) {
          const outcome = books.put(command);
          const again = quietly(command);
          if (again.kind === 'refused' || isReplay(outcome)) continue;
          expect(again).toEqual(replayOf(outcome));
          first.push([command, outcome]);
        }
        for (const [command, outcome] of first) {
          // Its answer names the head, which has moved on; only the latest of these can be repeated.
          const last = ['raise_writer_version', 'add_signing_key', 'sign_checkpoint'].includes(command.kind);
          if (last) quietly(command);
          else expect(quietly(command)).toEqual(replayOf(outcome));
        }
      }),
      { numRuns: RUNS / 16 },
    );
  });
});

const isReplay = (outcome: Outcome | LinkedOutcome): boolean =>
  outcome.kind === 'recorded'
    ? outcome.replayed
    : outcome.kind === 'linked' && outcome.items.every(({ replayed }) => replayed);

const replayOf = (outcome: Outcome | LinkedOutcome): Outcome | LinkedOutcome => {
  if (outcome.kind === 'refused') return outcome;
  if (outcome.kind === 'recorded') return { ...outcome, replayed: true };
  return { kind: 'linked', items: outcome.items.map((one) => ({ ...one, replayed: true })) };
};
