import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Entry } from '../../src/domain/account.js';
import { balanceOf, type Counters } from '../../src/domain/account.js';
import type { Command } from '../../src/domain/command.js';
import type { decide } from '../../src/domain/decide.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import type { evolve } from '../../src/domain/evolve.js';
import type { LinkedOutcome, Outcome, Recorded } from '../../src/domain/outcome.js';
import type { Rejection } from '../../src/domain/rejections.js';
import { MemoryState } from '../../src/domain/state.js';
import type { TransferState } from '../../src/domain/transfer.js';
import { ACCOUNTS, FUNDING, LAST_BUCKET, ledgerCommand, SHARD } from './ledger-commands.js';
import { NaiveLedger } from './naive/ledger.js';

/** The two functions that are the kernel: the real ones, or ones with a deliberate bug. */
export interface Kernel {
  readonly decide: typeof decide;
  readonly evolve: typeof evolve;
}

/** A shard's books run by a kernel, in memory. */
export class Books {
  readonly state = new MemoryState(SHARD);
  readonly events: LedgerEvent[] = [];

  constructor(
    private readonly kernel: Kernel,
    lastBucket = LAST_BUCKET,
  ) {
    this.put({ kind: 'open_shard', cluster: 'test', buckets: [[0, lastBucket]] });
    for (const command of [...ACCOUNTS, ...FUNDING]) this.put(command);
  }

  put(command: Command): Outcome | LinkedOutcome {
    const { outcome, events } = this.kernel.decide(this.state, command, this.events.length + 1);
    for (const event of events) {
      this.events.push(event);
      this.kernel.evolve(this.state, event, this.events.length);
    }
    return outcome;
  }
}

/**
 * The books beside the naive ledger: every command goes to both, and after each that wrote something everything is
 * compared. Throws where they differ. At the end of a list, `compare` once more: whether what wrote nothing changed nothing.
 */
export class CheckedBooks {
  readonly books: Books;
  private readonly naive = new NaiveLedger(LAST_BUCKET);
  private readonly answers = new Map<number, Recorded>();
  private readonly entries = new Map<string, Entry>();
  private seen = 0;

  constructor(kernel: Kernel) {
    this.books = new Books(kernel);
    for (const command of [...ACCOUNTS, ...FUNDING]) this.naive.put(command);
    this.chain();
  }

  put(command: Command): Outcome | LinkedOutcome {
    const before = this.books.events.length;
    const outcome = this.books.put(command);
    assert.equal(spell(outcome), this.naive.put(command, before), `the answer to ${command.kind}`);
    const recorded = outcome.kind === 'linked' ? outcome.items : outcome.kind === 'recorded' ? [outcome] : [];
    if (recorded.every(({ replayed }) => replayed)) {
      assert.equal(this.books.events.length, before, 'what is refused or repeated writes nothing');
    }
    // These two may be so already by an event that is another command's.
    if (command.kind !== 'raise_writer_version' && command.kind !== 'claim_key') {
      for (const one of recorded) this.remember(one);
    }
    this.chain();
    if (this.books.events.length > before) this.compare();
    return outcome;
  }

  /** P4: a repeat gets the answer that the first one got, whole. */
  private remember(outcome: Recorded): void {
    const first = this.answers.get(outcome.seq) ?? outcome;
    if (outcome.replayed) assert.deepEqual(outcome, { ...first, replayed: true }, 'the answer to a repeat');
    else this.answers.set(outcome.seq, outcome);
  }

  /** P2: every entry starts where the one before ended, and versions go up by one. */
  private chain(): void {
    for (const event of this.books.events.slice(this.seen)) {
      for (const entry of 'entries' in event ? event.entries : []) {
        const last = this.entries.get(entry.account);
        assert.equal(entry.version, (last?.version ?? 0) + 1, `version of ${entry.account}`);
        if (last !== undefined)
          assert.ok(same(entry.before, last.after), `before of ${entry.account} is not where it was`);
        this.entries.set(entry.account, entry);
      }
    }
    this.seen = this.books.events.length;
  }

  compare(): void {
    const { book } = this.naive;
    const sums = new Map<string, { posted: bigint; pending: bigint }>();
    for (const account of this.books.state.accounts.values()) {
      const { id, asset, counters, kind } = account;
      const expected: Counters = {
        debitsPosted: book.posted(id, 'debit'),
        creditsPosted: book.posted(id, 'credit'),
        debitsPending: book.pending(id, 'debit'),
        creditsPending: book.pending(id, 'credit'),
      };
      // Told only where it is so: this is asked of every account after every command.
      if (!same(counters, expected))
        assert.fail(`counters of ${id}: ${show(counters)}, not ${show(expected)}`);
      if (kind === 'account') {
        const { status, reviewDebits, min, max } = book.accounts.get(id) ?? {};
        assert.equal(account.status, status, 'status of an account');
        assert.equal(account.reviewDebits, reviewDebits, 'mark for review of an account');
        assert.equal(account.minBalance, min, 'least balance of an account');
        assert.equal(account.maxBalance, max, 'most balance of an account');
      }
      const sum = sums.get(asset) ?? { posted: 0n, pending: 0n };
      sum.posted += balanceOf(counters);
      sum.pending += counters.debitsPending - counters.creditsPending;
      sums.set(asset, sum);
    }
    this.compareHolds(sums);
    this.compareSchedules();
    for (const [asset, { posted, pending }] of sums) {
      assert.equal(posted, 0n, `P1: posted debits and credits of ${asset}`);
      assert.equal(pending, 0n, `P1: pending debits and credits of ${asset}, less what holds set aside`);
    }
  }

  /** Once for each number, in order, whatever was asked: as many occurrences as the list has lines. */
  private compareSchedules(): void {
    const { all } = this.naive.schedules;
    assert.equal(this.books.state.schedules.size, all.length, 'number of schedules');
    for (const { id, past, due } of all) {
      const known = this.books.state.schedules.get(id);
      assert.deepEqual({ settled: known?.settled, next: known?.next }, { settled: past.length, next: due });
    }
  }

  /** Captured and remaining are the hold, reversed is at most what was moved; takes open holds off the pending sums. */
  private compareHolds(sums: ReadonlyMap<string, { pending: bigint }>): void {
    const { book } = this.naive;
    const { transfers } = this.books.state;
    for (const state of transfers.values()) {
      const { id, first, last, hold, plan, reversed, reversing } = state;
      const known = book.find(id);
      const taking = reversed !== undefined || reversing !== undefined ? (plan ?? first)?.legs : undefined;
      for (const [leg, { amount }] of taking?.entries() ?? []) {
        const taken = (reversed?.[leg] ?? 0n) + (reversing?.[leg] ?? 0n);
        assert.ok(taken <= amount && (reversing?.[leg] ?? 0n) >= 0n, 'reversed more than was moved');
      }
      const isAside = hasDebitsAside(state);
      const whole = plan?.holds === true ? plan.legs : undefined;
      for (const [leg, { amount, asset }] of (whole ?? first?.legs ?? []).entries()) {
        const isHere = whole === undefined || whole[leg]?.debitShard === SHARD;
        const sumOf = isHere ? sums.get(asset) : undefined;
        if (isAside && sumOf !== undefined) sumOf.pending -= amount;
        const part = hold?.[leg];
        if (part === undefined || known === undefined) continue;
        const { remaining, capturing, captured } = part;
        const all = remaining + capturing + captured;
        assert.ok(
          [remaining, capturing, captured].every((one) => one >= 0n) && all <= amount,
          'over the hold',
        );
        if (last !== undefined) continue;
        assert.equal(all, amount, 'remaining, capturing and captured are the hold');
        assert.equal(part.remaining, book.remaining(known, leg), 'what remains of a hold');
        if (sumOf !== undefined) sumOf.pending -= part.remaining;
      }
    }
  }
}

/** One that is not held yet, or whose coordinator is elsewhere: in review or tried it has set its debits aside. */
function hasDebitsAside({ first, last, hold, review, purpose }: TransferState): boolean {
  if (first?.result !== 'done' || hold !== undefined) return false;
  if (review !== undefined && !review.decided) return review.step === 'hold' || purpose === 'hold';
  return purpose === 'hold' && (last === undefined || last.step === 'confirm');
}

export const commandLists = fc.array(ledgerCommand, { minLength: 1, maxLength: 80, size: 'max' });

/** What a run went through: that it was no run past the point. */
export interface Tally {
  commands: number;
  /** How often each type of event was written, and each rejection answered (a repeat counts). */
  readonly events: Map<string, number>;
  readonly rejections: Map<string, number>;
}

/**
 * Runs lists of random commands through a kernel and the naive ledger.
 * @throws Error with the smallest list found for which they differ
 */
export function checkKernel(kernel: Kernel, options: fc.Parameters<[Command[]]>): Tally {
  const tally: Tally = { commands: 0, events: new Map(), rejections: new Map() };
  const property = fc.property(commandLists, (commands) => {
    const checked = new CheckedBooks(kernel);
    for (const command of commands) {
      const outcome = checked.put(command);
      for (const one of outcome.kind === 'linked' ? outcome.items : [outcome]) {
        if (one.rejection !== undefined) count(tally.rejections, one.rejection.code);
      }
    }
    checked.compare();
    tally.commands += commands.length;
    for (const { type } of checked.books.events) count(tally.events, type);
  });
  fc.assert(property, options);
  return tally;
}

const count = (counts: Map<string, number>, name: string): void => {
  counts.set(name, (counts.get(name) ?? 0) + 1);
};

/** An outcome in the naive ledger's words. */
export function spell(outcome: Outcome | LinkedOutcome): string {
  if (outcome.kind === 'linked') return outcome.items.map(spell).join(' ');
  if (outcome.kind === 'refused') return `refused:${reasonOf(outcome.rejection)}`;
  const { result, rejection, replayed } = outcome;
  return `${replayed ? 'again:' : ''}${result}${rejection === undefined ? '' : `:${reasonOf(rejection)}`}`;
}

function reasonOf({ code, account, available, needed, index }: Rejection): string {
  const detail = available === undefined ? undefined : `${available}/${needed}`;
  const words = [code, account, detail].filter((word) => word !== undefined).join(':');
  return index === undefined ? words : `${words}@${index}`;
}

const show = (c: Counters): string =>
  `${c.debitsPosted}/${c.creditsPosted} posted, ${c.debitsPending}/${c.creditsPending} pending`;
const same = (a: Counters, b: Counters): boolean =>
  a.debitsPosted === b.debitsPosted &&
  a.creditsPosted === b.creditsPosted &&
  a.debitsPending === b.debitsPending &&
  a.creditsPending === b.creditsPending;
