/** What a line and an entry must have in common, besides the amount. `mention`: the line's text has the entry's reference. */
export type Common = 'reference' | 'mention' | 'counterparty';

/** How lines of a statement and entries of an account are told to be the same money (docs/reconciliation.md). */
export interface MatchRule {
  readonly name: string;
  /** A line and an entry; a line and several entries whose sum it is; several lines and the entry that is their sum. */
  readonly match: 'one_to_one' | 'one_to_many' | 'many_to_one';
  readonly same: readonly Common[];
  /** How many days may lie between them; any number, if left out. */
  readonly withinDays?: number;
  /** Of `one_to_one`: as many lines as entries, each of which fits each, are paired in order. */
  readonly pairEquals: boolean;
  /** How many a sum may have. */
  readonly atMost: number;
}

const rule = (name: string, match: MatchRule['match'], more: Partial<MatchRule>): MatchRule => ({
  name,
  match,
  same: [],
  pairEquals: false,
  atMost: 20,
  ...more,
});

/** The rules, where nothing else is said: from the surest to the least sure. */
export const DEFAULT_RULES: readonly MatchRule[] = [
  rule('reference', 'one_to_one', { same: ['reference'] }),
  rule('mention', 'one_to_one', { same: ['mention'] }),
  rule('same-day', 'one_to_one', { withinDays: 0 }),
  rule('within-3-days', 'one_to_one', { withinDays: 3 }),
  rule('batch-by-reference', 'one_to_many', { same: ['reference'], atMost: 1_000 }),
  rule('batch', 'one_to_many', { withinDays: 1 }),
  rule('parts', 'many_to_one', { withinDays: 1 }),
];

/** One side's movement, made comparable: the amount by the ledger's sign, texts by `plain`. */
export interface Item {
  readonly amount: bigint;
  /** Days since 1970. */
  readonly day: number;
  readonly references: readonly string[];
  readonly counterparties: readonly string[];
  /** Of a line: what may mention an entry. */
  readonly text: string;
  /** Of an entry: what may be mentioned. */
  readonly mentions: readonly string[];
}

/** Case and spaces are nothing to tell two references by. */
export const plain = (text: string): string => text.trim().replace(/\s+/g, ' ').toUpperCase();

/** Whether they may be the same money, the amount apart. */
export function fits({ same, withinDays }: MatchRule, line: Item, entry: Item): boolean {
  if (withinDays !== undefined && Math.abs(line.day - entry.day) > withinDays) return false;
  return same.every((common) => {
    if (common === 'mention') return entry.mentions.some((text) => mentioned(text, line.text));
    return common === 'reference'
      ? shared(line.references, entry.references)
      : shared(line.counterparties, entry.counterparties);
  });
}

const shared = (a: readonly string[], b: readonly string[]): boolean => a.some((text) => b.includes(text));

const LEAST_MENTIONED = 4;
const WORD = /[\p{L}\p{N}]/u;

/** As a word of its own, not as a part of a longer one. */
function mentioned(reference: string, text: string): boolean {
  if (reference.length < LEAST_MENTIONED) return false;
  for (let at = text.indexOf(reference); at >= 0; at = text.indexOf(reference, at + 1)) {
    const [before, after] = [text[at - 1] ?? ' ', text[at + reference.length] ?? ' '];
    if (!WORD.test(before) && !WORD.test(after)) return true;
  }
  return false;
}
