import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import type { AccountLine } from '../../src/audit/reconcile/account-lines.js';
import { readCsv } from '../../src/audit/reconcile/csv/read-csv.js';
import { matchAll } from '../../src/audit/reconcile/match.js';
import { reconcile } from '../../src/audit/reconcile/reconcile.js';
import { DEFAULT_RULES, type Item, type MatchRule } from '../../src/audit/reconcile/rule.js';
import { readSettings } from '../../src/audit/reconcile/settings/read-settings.js';
import { subsetSum } from '../../src/audit/reconcile/subset-sum.js';
import { formatMoney } from '../../src/domain/money.js';

/*
 * Method: a statement is written as CSV from an account's entries, then lines are dropped, added, changed, moved by days,
 * merged and split. Amounts are far enough apart that nothing else can be the sum of anything: the report must then name exactly
 * what was done, whatever the order of lines and entries.
 */
const times = inject('runsTimes') ?? 1;

type Done = 'kept' | 'dropped' | 'changed' | 'delayed' | 'split' | 'merged';
const FIRST = Date.UTC(2026, 0, 10);
const dateOf = (day: number): string => new Date(FIRST + day * 86_400_000).toISOString().slice(0, 10);

interface Plan {
  readonly items: readonly { readonly day: number; readonly credit: boolean; readonly done: Done }[];
  readonly added: number;
  readonly named: boolean;
  readonly mirror: boolean;
  readonly shuffle: number;
}
const plans: fc.Arbitrary<Plan> = fc.record({
  items: fc.array(
    fc.record({
      day: fc.integer({ min: 0, max: 6 }),
      credit: fc.boolean(),
      done: fc.constantFrom<Done>('kept', 'kept', 'dropped', 'changed', 'delayed', 'split', 'merged'),
    }),
    { minLength: 1, maxLength: 20 },
  ),
  added: fc.integer({ min: 0, max: 3 }),
  named: fc.boolean(),
  mirror: fc.boolean(),
  shuffle: fc.integer({ min: 0, max: 1_000 }),
});

/** Each is more than all before it together, in units of 2,000: halves and changes are sums of nothing. */
const amountOf = (index: number): bigint => 2_000n * 4n ** BigInt(index);

interface Row {
  readonly label: string;
  readonly day: number;
  readonly amount: bigint;
  readonly reference: string;
}

/** What the bank writes, and what must come of it: by label of the row and version of the entry. */
function made({ items, added, named }: Plan) {
  const entries = items.map(({ day, credit }, index): AccountLine => {
    const transfer = `tr_${index.toString(16).padStart(32, '0')}`;
    const moment = `${dateOf(day)}T12:00:00.000Z`;
    const amount = credit ? amountOf(index) : -amountOf(index);
    const facts = { shard: 0, sequence: index + 1, version: index + 1, transfer, booked: moment };
    return { ...facts, amount, references: [`ref-${index}`], metadata: {}, counterparties: [] };
  });
  const rows: Row[] = [];
  const matched: string[] = [];
  const [onlyThere, onlyHere]: [string[], number[]] = [[], []];
  const merging = new Map<string, number[]>();
  for (const [index, { day, credit, done }] of items.entries()) {
    const amount = entries[index]?.amount ?? 0n;
    const row = (label: string, more: Partial<Row> = {}): string => {
      rows.push({ label, day, amount, reference: named ? `REF-${index}` : '', ...more });
      return label;
    };
    const pair = (rule: string, labels: string[]): unknown =>
      matched.push(`${rule} ${labels} = ${index + 1}`);
    if (done === 'kept') pair(named ? 'reference' : 'same-day', [row(`kept-${index}`)]);
    if (done === 'delayed')
      pair(named ? 'reference' : 'within-3-days', [row(`delayed-${index}`, { day: day + 2 })]);
    if (done === 'dropped') onlyHere.push(index + 1);
    if (done === 'changed') {
      onlyThere.push(row(`changed-${index}`, { amount: amount + 1n }));
      onlyHere.push(index + 1);
    }
    if (done === 'split') {
      const half = { amount: amount / 2n, reference: '' };
      pair('parts', [row(`split-${index}-a`, half), row(`split-${index}-b`, half)]);
    }
    if (done === 'merged') {
      const name = `${day} ${credit}`;
      merging.set(name, [...(merging.get(name) ?? []), index]);
    }
  }
  for (const [name, of] of merging) {
    const label = `merged-${name}`;
    const amount = of.reduce((sum, index) => sum + (entries[index]?.amount ?? 0n), 0n);
    rows.push({ label, day: items[of[0] ?? 0]?.day ?? 0, amount, reference: '' });
    matched.push(`${of.length === 1 ? 'same-day' : 'batch'} ${label} = ${of.map((index) => index + 1)}`);
  }
  for (let n = 0; n < added; n += 1) {
    const label = `added-${n}`;
    rows.push({ label, day: n, amount: 7n + 2n * BigInt(n), reference: named ? `REF-X${n}` : '' });
    onlyThere.push(label);
  }
  return { entries, rows, expected: { matched, onlyThere, onlyHere } };
}

function csvOf(rows: readonly Row[], mirror: boolean): Buffer {
  const lines = rows.map(({ label, day, amount, reference }) => {
    const [year, month, date] = dateOf(day).split('-');
    const shown = formatMoney(mirror ? -amount : amount, 2).replace('.', ',');
    return `${date}.${month}.${year};"${shown}";${reference};${label}`;
  });
  return Buffer.from(`datum;objem;vs;poznamka\n${lines.join('\n')}\n`);
}
const { csv, ...settings } = readSettings(
  `csv:
    delimiter: ";"
    decimal: ","
    date_format: DD.MM.YYYY
    columns: { date: datum, amount: objem, reference: vs, text: poznamka }`,
  'settings',
);

const shuffled = <T>(items: readonly T[], by: number): T[] =>
  items
    .map((item, index) => ({ item, at: (index * 7_919 + by * 104_729) % 1_009 }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);

function report({ mirror, shuffle }: Plan, { entries, rows }: ReturnType<typeof made>) {
  if (csv === undefined) throw new Error('no columns');
  const statement = readCsv(csvOf(shuffled(rows, shuffle), mirror), csv);
  const total = rows.reduce((sum, { amount }) => sum + amount, 0n);
  return reconcile({
    statement: { ...statement, opening: '0', closing: formatMoney(mirror ? -total : total, 2) },
    perspective: mirror ? 'mirror' : 'same',
    account: { id: 'acc_1', tenant: 'acme', reference: '', asset: 'CZK/2' },
    entries: shuffled(entries, shuffle + 1),
    namesOf: () => [],
    from: dateOf(0),
    to: dateOf(10),
    settings,
  });
}

describe('a statement that was made of the entries and then spoiled', () => {
  it('is reported as what was done to it', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const all = made(plan);
        const { matched, unmatched, ambiguous, balances, clean, statement } = report(plan, all);
        const { expected, entries, rows } = all;
        const told = matched.map(
          ({ rule, statement: lines, ledger }) =>
            `${rule} ${lines.map(({ text }) => text).sort()} = ${ledger.map(({ version }) => version).sort((a, b) => a - b)}`,
        );
        expect(told.sort()).toEqual([...expected.matched].sort());
        expect(unmatched.statement.map(({ text }) => text).sort()).toEqual([...expected.onlyThere].sort());
        expect(unmatched.ledger.map(({ version }) => version).sort((a, b) => a - b)).toEqual(
          expected.onlyHere,
        );
        expect([ambiguous, statement.contradictions]).toEqual([[], []]);
        const sum = (of: readonly { readonly amount: bigint }[]) =>
          of.reduce((all, { amount }) => all + amount, 0n);
        expect(balances.closing.difference).toBe(formatMoney(sum(rows) - sum(entries), 2));
        expect(clean).toBe(expected.onlyThere.length + expected.onlyHere.length === 0);
      }),
      { numRuns: 300 * times },
    );
  });
});

const items = fc.array(
  fc.record({
    amount: fc.bigInt({ min: 1n, max: 4n }),
    day: fc.integer({ min: 0, max: 2 }),
    who: fc.integer({ min: 0, max: 2 }),
  }),
  { maxLength: 9 },
);
const itemsOf = (some: readonly { amount: bigint; day: number; who: number }[]): Item[] =>
  some.map(({ amount, day, who }) => ({
    amount,
    day,
    references: [],
    counterparties: [`w${who}`],
    text: '',
    mentions: [],
  }));

describe('matching, where much is alike', () => {
  const SAME_DAY: MatchRule = {
    name: 'day',
    match: 'one_to_one',
    same: ['counterparty'],
    withinDays: 0,
    pairEquals: false,
    atMost: 2,
  };

  it('matches just those that have nobody else, and tells all others that fit somebody', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const alike = (i: number, j: number): boolean =>
          a[i]?.amount === b[j]?.amount && a[i]?.day === b[j]?.day && a[i]?.who === b[j]?.who;
        const of = (i: number) => [...b.keys()].filter((j) => alike(i, j));
        const back = (j: number) => [...a.keys()].filter((i) => alike(i, j));
        const expected = [...a.keys()].flatMap((i) => {
          const [j, ...more] = of(i);
          return j !== undefined && more.length === 0 && back(j).length === 1 ? [`${i}=${j}`] : [];
        });
        const { matches, ambiguous } = matchAll(itemsOf(a), itemsOf(b), [SAME_DAY]);
        expect(matches.map(({ lines, entries }) => `${lines}=${entries}`)).toEqual(expected);
        const unsure = [...a.keys()].filter(
          (i) => of(i).length > 0 && !expected.some((one) => one.startsWith(`${i}=`)),
        );
        expect(ambiguous.flatMap(({ lines }) => lines).sort((x, y) => x - y)).toEqual(unsure);
      }),
      { numRuns: 500 * times },
    );
  });

  it('uses each line and entry once, and only for what adds up', () => {
    fc.assert(
      fc.property(items, items, (a, b) => {
        const [lines, entries] = [itemsOf(a), itemsOf(b)];
        const { matches, ambiguous } = matchAll(lines, entries, DEFAULT_RULES);
        const used = matches.flatMap((one) => [
          ...one.lines.map((i) => `l${i}`),
          ...one.entries.map((i) => `e${i}`),
        ]);
        expect(new Set(used).size).toBe(used.length);
        for (const one of matches) {
          const sum = (of: readonly Item[], by: readonly number[]) =>
            by.reduce((all, i) => all + (of[i]?.amount ?? 0n), 0n);
          expect(sum(lines, one.lines)).toBe(sum(entries, one.entries));
        }
        for (const one of ambiguous) {
          for (const i of one.lines) expect(used).not.toContain(`l${i}`);
          for (const i of one.entries) expect(used).not.toContain(`e${i}`);
        }
      }),
      { numRuns: 500 * times },
    );
  });

  it('finds every sum that trying each subset finds', () => {
    const amounts = fc.array(fc.bigInt({ min: 1n, max: 30n }), { maxLength: 9 });
    fc.assert(
      fc.property(
        amounts,
        fc.bigInt({ min: 2n, max: 90n }),
        fc.integer({ min: 2, max: 9 }),
        (some, total, atMost) => {
          const ways = Array.from({ length: 2 ** some.length }, (_, mask) =>
            [...some.keys()].filter((i) => (mask >> i) % 2 === 1),
          ).filter(
            (way) =>
              way.length >= 2 &&
              way.length <= atMost &&
              way.reduce((sum, i) => sum + (some[i] ?? 0n), 0n) === total,
          );
          const found = subsetSum(total, some, { atMost, steps: 1_000_000 });
          expect(found.kind).toBe(ways.length === 0 ? 'none' : ways.length === 1 ? 'one' : 'several');
          for (const way of found.ways) expect(ways).toContainEqual(way);
        },
      ),
      { numRuns: 1_000 * times },
    );
  });
});
