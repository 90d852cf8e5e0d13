import { isDate } from '../dates.js';
import { negated, readDecimal } from '../decimal.js';
import { StatementError } from '../statement.js';
import type { Element } from './element.js';

/**
 * `Amt` by the `CdtDbtInd` of `side`: a credit is above zero. That of a reversal is its own: taking back a debit is a credit.
 */
export function signedAmount(element: Element, currencies: Set<string>, side = element): string {
  const amount = element.need('Amt');
  const found = readDecimal(amount.text, { decimal: '.', thousands: '' });
  if (found === undefined || found.startsWith('-'))
    throw new StatementError(amount.path, `"${amount.text}" is no amount`);
  const currency = amount.attribute('Ccy');
  if (currency === undefined) throw new StatementError(amount.path, 'it has no Ccy');
  currencies.add(currency);
  const indicator = side.need('CdtDbtInd');
  if (indicator.text === 'CRDT') return found;
  if (indicator.text === 'DBIT') return negated(found);
  throw new StatementError(indicator.path, `"${indicator.text}" is neither CRDT nor DBIT`);
}

/** The day of the first of these that is there, as the bank wrote it. */
export function dayIn(element: Element, names: readonly string[]): string | undefined {
  for (const name of names) {
    const found = element.find(name);
    if (found === undefined) continue;
    const day = found.text.slice(0, 10);
    if (isDate(day)) return day;
    throw new StatementError(found.path, `"${found.text}" is no date`);
  }
  return undefined;
}
