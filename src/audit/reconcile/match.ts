import { type Group, Links } from './links.js';
import { fits, type Item, type MatchRule } from './rule.js';
import { subsetSum } from './subset-sum.js';

/** Indices of lines and entries that a rule says to be the same money. */
export interface Match extends Group {
  readonly rule: string;
}

/** What a rule could match in more than one way; `too_many`: in how many, it would take too long to say. */
export interface Ambiguity extends Match {
  readonly reason: 'several' | 'too_many';
}

export interface Matching {
  readonly matches: readonly Match[];
  /** Of what is left. */
  readonly ambiguous: readonly Ambiguity[];
}

/** For the sums of one rule, all together, and for each: some seconds. */
const STEPS = 1_000_000;
const STEPS_EACH = 50_000;

/**
 * Matches by the rules in order, each line and each entry once, and never by chance: what fits in more than one way is
 * ambiguous, and stays so unless a later rule decides among the same candidates, or the others find their own. The same
 * input gives the same result.
 */
export function matchAll(
  lines: readonly Item[],
  entries: readonly Item[],
  rules: readonly MatchRule[],
): Matching {
  const open = new Open(lines, entries);
  const matches: Match[] = [];
  for (;;) {
    const ambiguous: Ambiguity[] = [];
    let found: readonly Match[] = [];
    open.letGo();
    for (const rule of rules) {
      const result = rule.match === 'one_to_one' ? pairs(rule, open) : sums(rule, open);
      for (const one of result.ambiguous) if (open.hold(one)) ambiguous.push(one);
      found = result.matches;
      // Whatever was matched may have been what made an earlier rule unsure.
      if (found.length > 0) break;
    }
    if (found.length === 0) return { matches, ambiguous };
    for (const one of found) open.take(one);
    matches.push(...found);
  }
}

/** What is not matched yet. What was ambiguous is held: it goes with its candidates, or not at all. */
class Open {
  private readonly free: { readonly lines: Set<number>; readonly entries: Set<number> };
  private heldLines = new Map<number, ReadonlySet<number>>();
  private heldEntries = new Map<number, ReadonlySet<number>>();

  constructor(
    private readonly allLines: readonly Item[],
    private readonly allEntries: readonly Item[],
  ) {
    this.free = { lines: new Set(allLines.keys()), entries: new Set(allEntries.keys()) };
  }

  lines(): [number, Item][] {
    return [...this.allLines.entries()].filter(([index]) => this.free.lines.has(index));
  }

  entries(): [number, Item][] {
    return [...this.allEntries.entries()].filter(([index]) => this.free.entries.has(index));
  }

  isHeld({ lines, entries }: Group): boolean {
    return lines.some((one) => this.heldLines.has(one)) || entries.some((one) => this.heldEntries.has(one));
  }

  mayPair(line: number, entry: number): boolean {
    return (this.heldLines.get(line)?.has(entry) ?? true) && (this.heldEntries.get(entry)?.has(line) ?? true);
  }

  take({ lines, entries }: Group): void {
    for (const one of lines) this.free.lines.delete(one);
    for (const one of entries) this.free.entries.delete(one);
  }

  /** Whether anything of it was not held before. */
  hold({ lines, entries }: Group): boolean {
    const news =
      lines.some((one) => !this.heldLines.has(one)) || entries.some((one) => !this.heldEntries.has(one));
    const [theirs, ours] = [new Set(entries), new Set(lines)];
    for (const one of lines) if (!this.heldLines.has(one)) this.heldLines.set(one, theirs);
    for (const one of entries) if (!this.heldEntries.has(one)) this.heldEntries.set(one, ours);
    return news;
  }

  letGo(): void {
    this.heldLines = new Map();
    this.heldEntries = new Map();
  }
}

/** Those that have nobody else are matched. */
function pairs(rule: MatchRule, open: Open): Matching {
  const byAmount = new Map<string, [number, Item][]>();
  for (const entry of open.entries()) {
    for (const name of namesOf(rule, entry[1])) push(byAmount, name, entry);
  }
  const links = new Links();
  for (const [line, item] of open.lines()) {
    const seen = new Set<number>();
    for (const name of namesOf(rule, item)) {
      for (const [entry, other] of byAmount.get(name) ?? []) {
        if (seen.has(entry) || !open.mayPair(line, entry) || !fits(rule, item, other)) continue;
        seen.add(entry);
        links.add(line, entry);
      }
    }
  }
  const [matches, ambiguous]: [Match[], Ambiguity[]] = [[], []];
  for (const { lines, entries, complete } of links.groups()) {
    const alone = lines.length === 1 && entries.length === 1;
    if (alone || (rule.pairEquals && complete && lines.length === entries.length)) {
      for (const [i, line] of lines.entries())
        matches.push({ rule: rule.name, lines: [line], entries: entries.slice(i, i + 1) });
    } else ambiguous.push({ rule: rule.name, lines, entries, reason: 'several' });
  }
  return { matches, ambiguous };
}

/** By what two of the same money are found: the amount, and where the rule compares references, one of those. */
const namesOf = ({ same }: MatchRule, { amount, references }: Item): string[] =>
  same.includes('reference') ? references.map((one) => `${amount} ${one}`) : [String(amount)];

/** One that is the sum of several, where there is one way only and nobody else wants any of them. */
function sums(rule: MatchRule, open: Open): Matching {
  const ofLines = rule.match === 'many_to_one';
  const [ones, parts] = ofLines ? [open.entries(), open.lines()] : [open.lines(), open.entries()];
  const asGroup = (one: readonly number[], several: readonly number[]): Group =>
    ofLines ? { lines: several, entries: one } : { lines: one, entries: several };
  const candidates = parts.filter(([index]) => !open.isHeld(asGroup([], [index])));
  const links = new Links();
  const sure = new Set<number>();
  const tooMany: Ambiguity[] = [];
  let left = STEPS;
  for (const [one, item] of ones) {
    if (open.isHeld(asGroup([one], []))) continue;
    const fitting = candidates.filter(([, other]) => {
      if (other.amount < 0n !== item.amount < 0n) return false;
      return ofLines ? fits(rule, other, item) : fits(rule, item, other);
    });
    const amounts = fitting.map(([, { amount }]) => absolute(amount));
    const steps = Math.min(left, STEPS_EACH);
    const found = subsetSum(absolute(item.amount), amounts, { atMost: rule.atMost, steps });
    left -= found.steps;
    if (found.kind === 'too_many')
      tooMany.push({ rule: rule.name, ...asGroup([one], []), reason: 'too_many' });
    if (found.kind === 'one') sure.add(one);
    for (const part of new Set(found.ways.flat())) {
      const { lines, entries } = asGroup([one], [fitting[part]?.[0] ?? -1]);
      links.add(lines[0] ?? -1, entries[0] ?? -1);
    }
  }
  const [matches, ambiguous]: [Match[], Ambiguity[]] = [[], []];
  for (const { lines, entries } of links.groups()) {
    const [first = -1, ...others] = ofLines ? entries : lines;
    if (others.length === 0 && sure.has(first)) matches.push({ rule: rule.name, lines, entries });
    else ambiguous.push({ rule: rule.name, lines, entries, reason: 'several' });
  }
  return { matches, ambiguous: [...ambiguous, ...tooMany] };
}

const absolute = (amount: bigint): bigint => (amount < 0n ? -amount : amount);

function push<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const found = map.get(key);
  if (found === undefined) map.set(key, [value]);
  else found.push(value);
}
