import { sumOf } from '../decimal.js';
import { StatementError, type StatementLine } from '../statement.js';
import type { Element } from './element.js';
import { dayIn, signedAmount } from './values.js';

/** Whether a batch is its transactions, where they make up its amount, or one line. */
export type Batches = 'split' | 'whole';

const REFERENCES = [
  'Refs/AcctSvcrRef',
  'Refs/MsgId',
  'Refs/PmtInfId',
  'Refs/InstrId',
  'Refs/EndToEndId',
  'Refs/UETR',
  'Refs/TxId',
  'Refs/MndtId',
  'Refs/ChqNb',
  'Refs/ClrSysRef',
  'Refs/AcctOwnrTxId',
  'Refs/AcctSvcrTxId',
  'RmtInf/Strd/CdtrRefInf/Ref',
  'RmtInf/Strd/RfrdDocInf/Nb',
];
/** What is written where a reference has to be and there is none. */
const NO_REFERENCE = new Set(['NOTPROVIDED', 'NONREF', 'NOT PROVIDED', 'NOTAVAILABLE']);
const party = (side: 'Dbtr' | 'Cdtr'): string[] =>
  [`${side}/Nm`, `${side}/Pty/Nm`, `${side}Acct/Id/IBAN`, `${side}Acct/Id/Othr/Id`].map(
    (way) => `RltdPties/${way}`,
  );

/** The lines that an entry is: none if it is not booked. Adds its currency to those met. */
export function linesOf(
  entry: Element,
  batches: Batches,
  currencies: Set<string>,
): { readonly lines: readonly StatementLine[] } {
  const status = (entry.find('Sts/Cd') ?? entry.find('Sts/Prtry') ?? entry.need('Sts')).text;
  const amount = signedAmount(entry, currencies);
  if (status !== 'BOOK' || amount === '0') return { lines: [] };
  const valueDate = dayIn(entry, ['ValDt/Dt', 'ValDt/DtTm']);
  const date = dayIn(entry, ['BookgDt/Dt', 'BookgDt/DtTm']) ?? valueDate;
  if (date === undefined) throw new StatementError(entry.path, 'it has no BookgDt');
  const reversal = isReversal(entry);
  const details = entry.all('NtryDtls').flatMap((one) => one.all('TxDtls'));
  const own = [...entry.texts('NtryRef'), ...entry.texts('AcctSvcrRef')];
  const line = (at: string, signed: string, of: readonly Element[]): StatementLine => ({
    at,
    date,
    ...(valueDate === undefined ? {} : { valueDate }),
    amount: signed,
    references: distinct([...own, ...of.flatMap(referencesOf)]).filter((text) => !NO_REFERENCE.has(text)),
    counterparties: distinct(of.flatMap((one) => partiesOf(one, signed, reversal))),
    text: [...entry.texts('AddtlNtryInf'), ...of.flatMap(textsOf)].join(' '),
    ...(reversal ? { reversal } : {}),
  });
  const parts = batches === 'split' && details.length > 1 ? partsOf(entry, details) : undefined;
  if (parts === undefined || sumOf(parts) !== amount) return { lines: [line(entry.path, amount, details)] };
  const lines = details.map((one, index) => line(one.path, parts[index] ?? '', [one]));
  return { lines: lines.filter((part) => part.amount !== '0') };
}

/** What each transaction moved, signed; undefined where one does not say it in the entry's currency. */
function partsOf(entry: Element, details: readonly Element[]): string[] | undefined {
  const currency = entry.need('Amt').attribute('Ccy');
  const parts = details.map((one) => {
    const holder = one.find('Amt') === undefined ? one.find('AmtDtls/TxAmt') : one;
    if (holder?.find('Amt')?.attribute('Ccy') !== currency || holder === undefined) return undefined;
    const side = one.find('CdtDbtInd') === undefined ? entry : one;
    return signedAmount(holder, new Set(), side);
  });
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function isReversal(entry: Element): boolean {
  const said = entry.find('RvslInd');
  if (said === undefined || said.text === 'false' || said.text === '0') return false;
  if (said.text === 'true' || said.text === '1') return true;
  throw new StatementError(said.path, `"${said.text}" is neither true nor false`);
}

const referencesOf = (details: Element): string[] => REFERENCES.flatMap((way) => details.texts(way));
const textsOf = (details: Element): string[] => [
  ...details.texts('RmtInf/Ustrd'),
  ...details.texts('AddtlTxInf'),
];

/** Who is on the other side: of a credit the debtor. A reversal may name them as of what it reverses. */
function partiesOf(details: Element, amount: string, reversal: boolean): string[] {
  const other = amount.startsWith('-') ? 'Cdtr' : 'Dbtr';
  const sides = reversal ? (['Cdtr', 'Dbtr'] as const) : ([other] as const);
  return sides.flatMap((side) => party(side).flatMap((way) => details.texts(way)));
}

const distinct = (texts: readonly string[]): string[] => [...new Set(texts)];
