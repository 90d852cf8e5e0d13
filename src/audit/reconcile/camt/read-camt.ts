import { decode } from '../decode.js';
import { type Statement, StatementError } from '../statement.js';
import { Element } from './element.js';
import { type Batches, linesOf } from './entry.js';
import { dayIn, signedAmount } from './values.js';

export interface CamtOptions {
  /** Which account's statements, where the file has several: an IBAN or another id. */
  readonly account?: string;
  readonly batches: Batches;
}

const VERSION = /urn:iso:std:iso:20022:tech:xsd:camt\.053\.001\.(\d\d)["']/;
const OLDEST = 2;
const NEWEST = 8;

/**
 * Reads ISO 20022 camt.053, versions .02 to .08. Several statements of one account are one, in the file's order: each
 * begins where the one before ended. @throws StatementError with the element, and nothing is read
 */
export function readCamt(bytes: Uint8Array, { account, batches }: CamtOptions): Statement {
  const xml = decode(bytes, encodingOf(bytes));
  const version = VERSION.exec(xml)?.[1];
  const document = Element.root(xml, 'Document');
  if (version === undefined || Number(version) < OLDEST || Number(version) > NEWEST)
    throw new StatementError('Document', 'its namespace is not one of camt.053.001.02 to .08');
  const all = document.need('BkToCstmrStmt').all('Stmt');
  const wanted = all.filter((one) => account === undefined || accountOf(one) === account);
  const accounts = [...new Set(wanted.map(accountOf))];
  if (wanted.length === 0) throw new StatementError('Document/BkToCstmrStmt', noneOf(account, all));
  if (accounts.length > 1)
    throw new StatementError('Document/BkToCstmrStmt', `it is about ${accounts.join(', ')}: say which`);
  return together(wanted.map((one) => readOne(one, batches)));
}

const noneOf = (account: string | undefined, all: readonly Element[]): string =>
  account === undefined
    ? 'it has no Stmt'
    : `no Stmt is about ${account}, but ${[...new Set(all.map(accountOf))].join(', ') || 'none at all'}`;

/** UTF-8, unless its first bytes or its declaration say otherwise. */
function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const start = Buffer.from(bytes.subarray(0, 200)).toString('latin1');
  return /^[^<]{0,3}<\?xml[^>]*\sencoding=["']([\w.-]+)["']/.exec(start)?.[1] ?? 'utf-8';
}

const accountOf = (statement: Element): string =>
  (statement.find('Acct/Id/IBAN') ?? statement.find('Acct/Id/Othr/Id'))?.text ?? '';

function readOne(statement: Element, batches: Batches): Statement {
  const currencies = new Set<string>();
  const entries = statement.all('Ntry').map((entry) => linesOf(entry, batches, currencies));
  const balances = new Map(
    statement.all('Bal').map((one) => [balanceKind(one), signedAmount(one, currencies)]),
  );
  const said = statement.find('Acct/Ccy')?.text;
  if (said !== undefined) currencies.add(said);
  if (currencies.size > 1)
    throw new StatementError(
      statement.path,
      `it is in ${[...currencies].join(' and ')}, not in one currency`,
    );
  const [currency] = currencies;
  const period = statement.find('FrToDt');
  return {
    format: 'camt.053',
    id: statement.need('Id').text,
    account: accountOf(statement),
    ...(currency === undefined ? {} : { currency }),
    ...optional('from', period && dayIn(period, ['FrDtTm', 'FrDt'])),
    ...optional('to', period && dayIn(period, ['ToDtTm', 'ToDt'])),
    ...optional('opening', balances.get('OPBD') ?? balances.get('PRCD')),
    ...optional('closing', balances.get('CLBD')),
    lines: entries.flatMap(({ lines }) => lines),
    leftOut: entries.filter(({ lines }) => lines.length === 0).length,
    contradictions: [],
  };
}

/** One after the other, as pages or days of one account are. */
function together(parts: readonly Statement[]): Statement {
  const [first, ...rest] = parts;
  const last = parts.at(-1);
  if (first === undefined || last === undefined) throw new StatementError('the file', 'it has no statement');
  if (rest.length === 0) return first;
  const contradictions = rest.flatMap(({ id, opening }, index) => {
    const before = parts[index];
    if (before?.closing === undefined || opening === undefined || before.closing === opening) return [];
    return [`${before.id} ends with ${before.closing}, and ${id}, which follows it, begins with ${opening}`];
  });
  const { currency } = parts.find((one) => one.currency !== undefined) ?? first;
  if (parts.some((one) => one.currency !== undefined && one.currency !== currency))
    throw new StatementError('Document/BkToCstmrStmt', 'its statements are in several currencies');
  const days = (of: 'from' | 'to'): string[] => parts.flatMap((one) => one[of] ?? []).sort();
  return {
    format: 'camt.053',
    id: parts.map(({ id }) => id).join(', '),
    account: first.account ?? '',
    ...optional('currency', currency),
    ...optional('from', days('from')[0]),
    ...optional('to', days('to').at(-1)),
    ...optional('opening', first.opening),
    ...optional('closing', last.closing),
    lines: parts.flatMap(({ lines }) => lines),
    leftOut: parts.reduce((sum, { leftOut }) => sum + leftOut, 0),
    contradictions,
  };
}

const balanceKind = (balance: Element): string =>
  (balance.find('Tp/CdOrPrtry/Cd') ?? balance.find('Tp/CdOrPrtry/Prtry'))?.text ?? '';

const optional = <Name extends string>(name: Name, value: string | undefined): { [K in Name]?: string } =>
  (value === undefined ? {} : { [name]: value }) as { [K in Name]?: string };
