import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { availableOf, balanceOf } from '../../src/domain/account.js';
import type { Command, LinkedTransfers } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import { evolve } from '../../src/domain/evolve.js';
import type { Outcome } from '../../src/domain/outcome.js';
import { MemoryState } from '../../src/domain/state.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { ACCOUNTS, CZK, ledgerCommand, SHARD } from '../support/ledger-commands.js';
import { NaiveLedger } from '../support/naive-ledger.js';

const RUNS = 7_500;
const ALL_BUCKETS: readonly [number, number][] = [[0, 4095]];

class Books {
  readonly state = new MemoryState(SHARD);
  readonly events: LedgerEvent[] = [];

  constructor() {
    this.put({ kind: 'open_shard', cluster: 'test', buckets: ALL_BUCKETS });
    for (const account of ACCOUNTS) this.put(account);
  }

  put(command: Exclude<Command, LinkedTransfers>): Outcome {
    const { outcome, events } = decide(this.state, command, this.events.length + 1);
    for (const event of events) {
      this.events.push(event);
      evolve(this.state, event, this.events.length);
    }
    return outcome;
  }
}

const answerOf = (outcome: Outcome): string => {
  if (outcome.kind === 'refused') return `refused:${outcome.rejection.code}`;
  if (outcome.replayed) return 'replayed';
  return outcome.rejection === undefined ? outcome.result : `${outcome.result}:${outcome.rejection.code}`;
};

function expected(naive: NaiveLedger, command: Command): string {
  switch (command.kind) {
    case 'post':
    case 'try':
    case 'pivot':
      return naive.firstStep(command.kind, command.transfer, command.legs);
    case 'confirm':
      return naive.confirm(command.transfer);
    case 'cancel':
      return naive.cancel(command.transfer);
    default:
      throw new Error(`not generated: ${command.kind}`);
  }
}

function newNaive(): NaiveLedger {
  const naive = new NaiveLedger();
  for (const { account, asset, limits } of ACCOUNTS) {
    naive.accounts.set(account, { asset, min: limits.minBalance, max: limits.maxBalance });
  }
  return naive;
}

const commands = fc.array(ledgerCommand, { minLength: 1, maxLength: 60 });

describe('the kernel', () => {
  it('P2, P3: answers and counts as the naive ledger does, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const books = new Books();
        const naive = newNaive();
        for (const command of list) {
          expect(answerOf(books.put(command))).toBe(expected(naive, command));
        }
        for (const { account } of ACCOUNTS) {
          expect(books.state.account(account)?.counters).toEqual({
            debitsPosted: naive.sum(account, 'debit', 'posted'),
            creditsPosted: naive.sum(account, 'credit', 'posted'),
            debitsPending: naive.sum(account, 'debit', 'pending'),
            creditsPending: naive.sum(account, 'credit', 'pending'),
          });
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('P1: debits equal credits in the books of a shard, posted and pending, after every event', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const books = new Books();
        for (const command of list) books.put(command);
        const sums = { posted: 0n, pending: 0n };
        for (const { asset, counters } of books.state.accounts.values()) {
          if (asset !== CZK) continue;
          sums.posted += balanceOf(counters);
          sums.pending += counters.creditsPending - counters.debitsPending;
        }
        expect(sums).toEqual({ posted: 0n, pending: 0n });
      }),
      { numRuns: RUNS / 3 },
    );
  });

  it('P2: every entry starts where the one before ended, and versions go up by one', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const books = new Books();
        for (const command of list) books.put(command);
        const last = new Map<string, { version: number; after: unknown }>();
        for (const event of books.events) {
          for (const { account, version, before, after } of 'entries' in event ? event.entries : []) {
            const known = last.get(account);
            expect(version).toBe((known?.version ?? 0) + 1);
            if (known !== undefined) expect(before).toEqual(known.after);
            last.set(account, { version, after });
          }
        }
      }),
      { numRuns: RUNS / 3 },
    );
  });

  it('P3: an open hold keeps its funds: what is available never falls below the limit by an admitted transfer', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const books = new Books();
        for (const command of list) books.put(command);
        for (const { counters, minBalance } of books.state.accounts.values()) {
          // Netting lets one transfer's own pending credit stand for its debit, so the posted balance is the measure.
          if (minBalance !== null) {
            expect(availableOf(counters) + counters.creditsPending >= minBalance).toBe(true);
            expect(balanceOf(counters) >= minBalance).toBe(true);
          }
        }
      }),
      { numRuns: RUNS / 3 },
    );
  });

  it('P7: the events, written out and read back, rebuild the same state', () => {
    fc.assert(
      fc.property(commands, (list) => {
        const books = new Books();
        for (const command of list) books.put(command);
        const rebuilt = new MemoryState(SHARD);
        books.events.forEach((event, index) => {
          const at = {
            cluster: 'test',
            shard: SHARD,
            seq: index + 1,
            time: '2026-01-01T00:00:00.000Z',
            prev: '',
          };
          const text = encodeEvent(event, { actor: 'system:test' }, at);
          const decoded = decodeEvent(text);
          expect(encodeEvent(decoded.event, { actor: 'system:test' }, at)).toBe(text);
          evolve(rebuilt, decoded.event, decoded.seq);
        });
        expect(rebuilt.accounts).toEqual(books.state.accounts);
        expect(rebuilt.transfers).toEqual(books.state.transfers);
        expect(rebuilt.identity()).toEqual(books.state.identity());
      }),
      { numRuns: RUNS / 3 },
    );
  });
});
