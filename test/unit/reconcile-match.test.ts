import { describe, expect, it } from 'vitest';
import { matchAll } from '../../src/audit/reconcile/match.js';
import { DEFAULT_RULES, type Item, type MatchRule } from '../../src/audit/reconcile/rule.js';
import { subsetSum } from '../../src/audit/reconcile/subset-sum.js';

const item = (amount: number, day: number, more: Partial<Item> = {}): Item => ({
  amount: BigInt(amount),
  day,
  references: [],
  counterparties: [],
  text: '',
  mentions: [],
  ...more,
});
const named = (...references: string[]) => ({ references });
const rule = (more: Partial<MatchRule>): MatchRule => ({
  name: 'r',
  match: 'one_to_one',
  same: [],
  pairEquals: false,
  atMost: 10,
  ...more,
});
const SAME_DAY = rule({ name: 'day', withinDays: 0 });
const match = (lines: Item[], entries: Item[], rules: readonly MatchRule[] = DEFAULT_RULES) => {
  const { matches, ambiguous } = matchAll(lines, entries, rules);
  const short = ({ rule: name, lines: of, entries: and }: (typeof matches)[number]) => `${name} ${of}=${and}`;
  return { matches: matches.map(short), ambiguous: ambiguous.map((one) => `${short(one)} ${one.reason}`) };
};

describe('a line and an entry', () => {
  it('go together by their reference, however far apart, before anything else', () => {
    const lines = [item(100, 1), item(100, 1, named('A'))];
    const entries = [item(100, 40, named('A')), item(100, 1)];
    expect(match(lines, entries).matches).toEqual(['reference 1=0', 'same-day 0=1']);
  });

  it('do not, if the amount or its side is another', () => {
    const lines = [item(100, 1, named('A')), item(-70, 1, named('B'))];
    const entries = [item(101, 1, named('A')), item(70, 1, named('B'))];
    expect(match(lines, entries)).toEqual({ matches: [], ambiguous: [] });
  });

  it('go together where the text has the reference as a word', () => {
    const lines = [item(5, 1, { text: 'ORDER INV-17, THANKS' }), item(5, 9, { text: 'INV-171' })];
    const entries = [item(5, 20, { mentions: ['INV-17'] }), item(5, 30, { mentions: ['17'] })];
    expect(match(lines, entries)).toEqual({ matches: ['mention 0=0'], ambiguous: [] });
  });

  it('go together by the counterparty, where a rule says so', () => {
    const by = (name: string) => ({ counterparties: [name] });
    const rules = [rule({ same: ['counterparty'], withinDays: 5 })];
    const lines = [item(5, 1, by('ANN')), item(5, 1, by('BOB'))];
    expect(match(lines, [item(5, 3, by('BOB')), item(5, 3, by('ANN'))], rules).matches).toEqual([
      'r 0=1',
      'r 1=0',
    ]);
  });
});

describe('what fits in more than one way', () => {
  it('is ambiguous, and the same whatever the order', () => {
    const entries = [item(5, 1), item(5, 1)];
    expect(match([item(5, 1)], entries, [SAME_DAY])).toEqual({
      matches: [],
      ambiguous: ['day 0=0,1 several'],
    });
    expect(match(entries, [item(5, 1)], [SAME_DAY])).toEqual({
      matches: [],
      ambiguous: ['day 0,1=0 several'],
    });
  });

  it('is not matched by a later rule with something else', () => {
    const lines = [item(100, 1)];
    const entries = [item(100, 1), item(100, 1), item(60, 1), item(40, 1)];
    expect(match(lines, entries)).toEqual({ matches: [], ambiguous: ['same-day 0=0,1 several'] });
  });

  it('is decided by a later rule among the same candidates', () => {
    const by = (name: string) => ({ counterparties: [name] });
    const rules = [SAME_DAY, rule({ name: 'who', same: ['counterparty'], withinDays: 3 })];
    const lines = [item(5, 1, by('ANN'))];
    expect(match(lines, [item(5, 1), item(5, 1, by('ANN'))], rules).matches).toEqual(['who 0=1']);
    // The third was no candidate of the first rule.
    expect(match(lines, [item(5, 1), item(5, 1), item(5, 2, by('ANN'))], rules)).toEqual({
      matches: [],
      ambiguous: ['day 0=0,1 several'],
    });
  });

  it('is decided when the others have found their own', () => {
    const lines = [item(5, 1), item(5, 1, named('A'))];
    const entries = [item(5, 1, named('A')), item(5, 1)];
    const rules = [SAME_DAY, rule({ name: 'ref', same: ['reference'] })];
    expect(match(lines, entries, rules)).toEqual({ matches: ['ref 1=0', 'day 0=1'], ambiguous: [] });
  });

  it('is paired in order, where a rule says so and there are as many on both sides', () => {
    const rules = [rule({ withinDays: 0, pairEquals: true })];
    const two = [item(5, 1), item(5, 1)];
    expect(match(two, two, rules).matches).toEqual(['r 0=0', 'r 1=1']);
    expect(match(two, [...two, item(5, 1)], rules)).toEqual({
      matches: [],
      ambiguous: ['r 0,1=0,1,2 several'],
    });
    // The first fits both, the second only one: they are no equals.
    const apart = [rule({ withinDays: 1, pairEquals: true })];
    expect(match([item(5, 1), item(5, 2)], [item(5, 1), item(5, 3)], apart).ambiguous).toEqual([
      'r 0,1=0,1 several',
    ]);
  });
});

describe('a line that is a sum', () => {
  it('goes with the entries that make it up', () => {
    const lines = [item(-100, 1)];
    const entries = [item(-60, 1), item(40, 1), item(-40, 2), item(-17, 1)];
    expect(match(lines, entries).matches).toEqual(['batch 0=0,2']);
  });

  it('goes by the batch’s references, however far apart', () => {
    const lines = [item(100, 1, named('A', 'B', 'C'))];
    const entries = [item(60, 9, named('A')), item(40, 9, named('C')), item(40, 9)];
    expect(match(lines, entries).matches).toEqual(['batch-by-reference 0=0,1']);
  });

  it('is ambiguous where there are two ways, or two want the same', () => {
    const entries = [item(60, 1), item(40, 1), item(40, 1)];
    expect(match([item(100, 1)], entries).ambiguous).toEqual(['batch 0=0,1,2 several']);
    const wanted = match([item(100, 1), item(100, 1)], [item(60, 1), item(40, 1)]);
    expect(wanted).toEqual({ matches: [], ambiguous: ['batch 0,1=0,1 several'] });
  });

  it('takes nothing that is ambiguous by an earlier rule', () => {
    const lines = [item(60, 1), item(60, 1), item(100, 1)];
    expect(match(lines, [item(60, 1), item(40, 1)])).toEqual({
      matches: [],
      ambiguous: ['same-day 0,1=0 several'],
    });
  });

  it('may be several lines, and one entry', () => {
    expect(match([item(60, 1), item(40, 1)], [item(100, 2)]).matches).toEqual(['parts 0,1=0']);
  });

  it('that would take too long to find is told so, and soon', () => {
    const one = rule({ name: 'sum', match: 'one_to_many', withinDays: 0, atMost: 100 });
    // Even amounts never make an odd one, which only trying shows.
    const amounts = Array.from({ length: 60 }, (_, i) => 2 * (10 ** 12 + ((i * i * 829_348_951) % 10 ** 12)));
    const total = amounts.slice(0, 30).reduce((sum, amount) => sum + amount, 1);
    const entries = amounts.map((amount) => item(amount, 1));
    const { matches, ambiguous } = match([item(total, 1)], entries, [one]);
    expect([matches, ambiguous]).toEqual([[], ['sum 0= too_many']]);
  });
});

describe('a sum of some amounts', () => {
  const found = (total: number, amounts: number[], atMost = 10) =>
    subsetSum(BigInt(total), amounts.map(BigInt), { atMost, steps: 100_000 });

  it('is found, and that it is the only one', () => {
    expect(found(7, [5, 4, 3, 9])).toMatchObject({ kind: 'one', ways: [[1, 2]] });
    expect(found(7, [5, 4, 3, 2])).toMatchObject({ kind: 'several' });
    expect(found(7, [7, 6])).toMatchObject({ kind: 'none' });
    expect(found(12, [5, 4, 3])).toMatchObject({ kind: 'one', ways: [[0, 1, 2]] });
    expect(found(12, [5, 4, 3], 2)).toMatchObject({ kind: 'none' });
  });
});
