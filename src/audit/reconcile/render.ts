import Table from 'cli-table3';
import { type Asset, displayAsset } from '../../domain/asset.js';
import type { EntryView, LineView, Reconciliation } from './reconciliation.js';

const PERSPECTIVES = {
  same: 'a credit there is a credit here',
  mirror: 'a credit there is a debit here',
} as const;

/** For a person: what does not match, one by one; what does, by rule. */
export function renderReconciliation(result: Reconciliation): string {
  const { account, period, statement, ledger, matched, unmatched, ambiguous, clean } = result;
  const name = account.reference === '' ? account.id : `${account.id} (${account.reference})`;
  const asset = displayAsset(account.asset as Asset);
  const byRule = new Map<string, number>();
  for (const { rule, statement: lines } of matched) byRule.set(rule, (byRule.get(rule) ?? 0) + lines.length);
  const passedOver = statement.leftOut === 0 ? '' : `, ${statement.leftOut} passed over`;
  return [
    `${name} of ${account.tenant}, ${asset}, ${period.from} to ${period.to}; ${PERSPECTIVES[result.perspective]}`,
    `Statement${statement.id === undefined ? '' : ` ${statement.id}`} (${statement.format}): ${count(statement.lines, 'line')}${passedOver}; the ledger has ${count(ledger.entries, 'entry')}`,
    balancesOf(result),
    `Matched ${count(sizeOf(matched, 'statement'), 'line')} with ${count(sizeOf(matched, 'ledger'), 'entry')}${[...byRule].map(([rule, lines], i) => `${i === 0 ? ': ' : ', '}${lines} by ${rule}`).join('')}`,
    ...section('Only on the statement', unmatched.statement.map(lineText)),
    ...section('Only in the ledger', unmatched.ledger.map(entryText)),
    ...ambiguous.flatMap(({ rule, reason, statement: lines, ledger: entries }) => [
      reason === 'several' ? `Ambiguous by ${rule}` : `Too many candidates for ${rule}`,
      ...lines.map((line) => `  ${lineText(line)}`),
      ...entries.map((entry) => `  ${entryText(entry)}`),
    ]),
    ...section('The statement contradicts itself', statement.contradictions),
    clean
      ? 'RECONCILED: every line has its entry, every entry its line, and the balances are equal.'
      : 'NOT RECONCILED.',
    '',
  ].join('\n');
}

function balancesOf({ balances: { opening, closing } }: Reconciliation): string {
  const table = new Table({
    head: ['', 'opening', 'closing'],
    style: { head: [], border: [] },
    colAligns: ['left', 'right', 'right'],
  });
  table.push(
    ['statement', opening.statement ?? 'not said', closing.statement ?? 'not said'],
    ['ledger', opening.ledger, closing.ledger],
    ['difference', opening.difference ?? '', closing.difference ?? ''],
  );
  return table.toString();
}

const lineText = ({ at, date, amount, references, counterparties, text, reversal }: LineView): string =>
  [at, date, amount, reversal ? 'reversal' : '', ...references, ...counterparties, text]
    .filter((part) => part !== '')
    .join('  ');

const entryText = ({ transfer, version, date, amount, references, outsideThePeriod }: EntryView): string =>
  [transfer, `entry ${version}`, date, amount, ...references, outsideThePeriod ? 'outside the period' : '']
    .filter((part) => part !== '')
    .join('  ');

const section = (title: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [title, ...lines.map((line) => `  ${line}`)];

const sizeOf = (groups: Reconciliation['matched'], side: 'statement' | 'ledger'): number =>
  groups.reduce((sum, group) => sum + group[side].length, 0);

const count = (number: number, of: 'line' | 'entry'): string => {
  if (number === 1) return `1 ${of}`;
  return `${number} ${of === 'line' ? 'lines' : 'entries'}`;
};
