import { type Asset, displayAsset, scaleOf } from '../../domain/asset.js';
import { isIdempotencyKey, keyDigest, type TenantId } from '../../domain/ids.js';
import { formatMoney } from '../../domain/money.js';
import type { AccountLine } from './account-lines.js';
import { dateIn, dayOf } from './dates.js';
import { matchAll } from './match.js';
import type { Reconciliation } from './reconciliation.js';
import { type Item, type MatchRule, plain } from './rule.js';
import { type Perspective, settle } from './settle.js';
import { type Statement, StatementError, type StatementLine } from './statement.js';

export interface ReconcileOptions {
  readonly statement: Statement;
  readonly perspective: Perspective;
  readonly account: {
    readonly id: string;
    readonly tenant: string;
    readonly reference: string;
    readonly asset: string;
  };
  readonly entries: readonly AccountLine[];
  /** Names of an account by its id: its reference, what its metadata say. */
  readonly namesOf: (account: string) => readonly string[];
  /** YYYY-MM-DD, both included; what the statement says, or its lines, if left out. */
  readonly from?: string;
  readonly to?: string;
  readonly settings: ReconcileSettings;
}

export interface ReconcileSettings {
  readonly rules: readonly MatchRule[];
  /** Which date of each side is compared. */
  readonly statementDate: 'booking' | 'value';
  readonly ledgerDate: 'effective' | 'booked';
  /** IANA; where a moment of the ledger is a date. */
  readonly timeZone: string;
  /** Names in a transfer's metadata whose values are references, too. */
  readonly referenceMetadata: readonly string[];
}

/**
 * Matches an outside statement with an account's entries, and compares the balances. @throws StatementError where the
 * statement is in another currency, or its period can not be told
 */
export function reconcile(options: ReconcileOptions): Reconciliation {
  const { statement, perspective, account, settings, namesOf } = options;
  const asset = account.asset as Asset;
  const scale = scaleOf(asset);
  const [code] = asset.split('/');
  if (statement.currency !== undefined && statement.currency !== code)
    throw new StatementError(
      'the file',
      `it is in ${statement.currency}, and the account in ${displayAsset(asset)}`,
    );
  const { amounts, opening, closing, contradictions } = settle(statement, scale, perspective);
  const dateOfMoment = dateIn(settings.timeZone);
  const lines = statement.lines.map((line, index) => ({
    line,
    amount: amounts[index] ?? 0n,
    date: (settings.statementDate === 'value' ? line.valueDate : undefined) ?? line.date,
  }));
  const entries = options.entries.map((entry) => {
    const moment = settings.ledgerDate === 'effective' ? (entry.effective ?? entry.booked) : entry.booked;
    return { entry, amount: entry.amount, date: dateOfMoment(moment) };
  });
  const { from, to } = periodOf(
    options,
    lines.map(({ date }) => date),
  );
  const within = ({ date }: { readonly date: string }): boolean => date >= from && date <= to;
  const { matches, ambiguous } = matchAll(
    lines.map(({ line, amount, date }) => itemOfLine(line, amount, date, account.tenant as TenantId)),
    entries.map(({ entry, amount, date }) => itemOfEntry(entry, amount, date, { settings, namesOf })),
    settings.rules,
  );
  const told = (units: bigint): string => formatMoney(units, scale);
  const lineView = (index: number): Reconciliation['unmatched']['statement'][number] => {
    const { line, amount, date } = at(lines, index);
    const { at: place, references, counterparties, text, reversal = false } = line;
    return { at: place, date, amount: told(amount), references, counterparties, text, reversal };
  };
  const entryView = (index: number): Reconciliation['unmatched']['ledger'][number] => {
    const { entry, amount, date } = at(entries, index);
    const { shard, sequence, version, transfer, references, counterparties } = entry;
    const facts = { shard, sequence, version, transfer, references, counterparties };
    return { date, amount: told(amount), ...facts, outsideThePeriod: !within({ date }) };
  };
  const decided = [...matches, ...ambiguous];
  const left = <T>(all: readonly T[], gone: readonly number[]): number[] => {
    const known = new Set(gone);
    return [...all.keys()].filter((index) => !known.has(index));
  };
  const sumUntil = (last: (date: string) => boolean): bigint =>
    entries.reduce((sum, { amount, date }) => (last(date) ? sum + amount : sum), 0n);
  const balance = (ours: bigint, theirs: bigint | undefined): Reconciliation['balances']['opening'] => ({
    ledger: told(ours),
    ...(theirs === undefined ? {} : { statement: told(theirs), difference: told(theirs - ours) }),
  });
  const ours = { opening: sumUntil((date) => date < from), closing: sumUntil((date) => date <= to) };
  const balanced = (opening ?? ours.opening) === ours.opening && (closing ?? ours.closing) === ours.closing;
  const unmatched = {
    statement: left(
      lines,
      decided.flatMap((one) => one.lines),
    ).map(lineView),
    // An entry of another time is another statement's.
    ledger: left(
      entries,
      decided.flatMap((one) => one.entries),
    )
      .map(entryView)
      .filter(({ outsideThePeriod }) => !outsideThePeriod),
  };
  const { format, id, account: theirAccount, leftOut } = statement;
  return {
    clean:
      balanced &&
      unmatched.statement.length + unmatched.ledger.length + ambiguous.length + contradictions.length === 0,
    account,
    perspective,
    period: { from, to },
    statement: {
      format,
      ...(id === undefined ? {} : { id }),
      ...(theirAccount === undefined ? {} : { account: theirAccount }),
      lines: lines.length,
      leftOut,
      contradictions,
    },
    ledger: { entries: entries.filter(within).length },
    matched: matches.map(({ rule, lines: of, entries: and }) => ({
      rule,
      statement: of.map(lineView),
      ledger: and.map(entryView),
    })),
    unmatched,
    ambiguous: ambiguous.map(({ rule, reason, lines: of, entries: and }) => ({
      rule,
      reason,
      statement: of.map(lineView),
      ledger: and.map(entryView),
    })),
    balances: {
      opening: balance(ours.opening, opening),
      closing: balance(ours.closing, closing),
    },
  };
}

function periodOf(
  { statement, from, to }: Pick<ReconcileOptions, 'statement' | 'from' | 'to'>,
  dates: readonly string[],
): { readonly from: string; readonly to: string } {
  const sorted = [...dates].sort();
  const [first, last] = [from ?? statement.from ?? sorted[0], to ?? statement.to ?? sorted.at(-1)];
  if (first === undefined || last === undefined)
    throw new StatementError('the file', 'it has no line and says no period: say from when to when it is');
  if (first > last) throw new StatementError('the file', `its period begins on ${first} and ends on ${last}`);
  return { from: first, to: last };
}

function itemOfLine(line: StatementLine, amount: bigint, date: string, tenant: TenantId): Item {
  // A transfer's id is made of its key: whoever was told the key names the transfer.
  const keys = line.references
    .filter(isIdempotencyKey)
    .map((one) => `key ${keyDigest(tenant, 'client', one).slice(3)}`);
  return {
    amount,
    day: dayOf(date),
    references: [...line.references.map(plain), ...keys],
    counterparties: line.counterparties.map(plain),
    text: plain(line.text),
    mentions: [],
  };
}

function itemOfEntry(
  entry: AccountLine,
  amount: bigint,
  date: string,
  { settings, namesOf }: Pick<ReconcileOptions, 'settings' | 'namesOf'>,
): Item {
  const { transfer, hold, references, metadata, counterparties } = entry;
  const ids = [transfer, ...(hold === undefined ? [] : [hold])];
  const said = [...references, ...settings.referenceMetadata.flatMap((name) => metadata[name] ?? [])];
  return {
    amount,
    day: dayOf(date),
    references: [...[...ids, ...said].map(plain), ...ids.map((id) => `key ${id.slice(6)}`)],
    counterparties: counterparties.flatMap((one) => [one, ...namesOf(one)]).map(plain),
    text: '',
    mentions: [...ids, ...said].map(plain),
  };
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`there is no item ${index}`);
  return item;
}
