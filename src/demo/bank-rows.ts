import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.js';

/** One transaction of the Czech bank, with the balance the bank itself had after it (examples/README.md). */
export interface BankRow {
  readonly id: string;
  /** ISO 8601; the bank kept no time of day. */
  readonly date: string;
  readonly account: string;
  /** Whether the customer's account is credited or debited. */
  readonly side: 'credit' | 'debit';
  readonly kind: string;
  readonly purpose: string;
  /** Decimal strings in CZK. */
  readonly amount: string;
  readonly balanceAfter: string;
  /** Two letters, or empty where no other bank is involved. */
  readonly partnerBank: string;
}

export const BANK_DATA = 'examples/czech-bank-1993.csv';

const COLUMNS =
  'transaction_id,date,account,side,kind,purpose,amount_czk,balance_after_czk,partner_bank,partner_account';

/** Reads the file: in an order in which every balance follows from the one before on that account. */
export function readBankRows(): BankRow[] {
  const [header, ...lines] = readFileSync(join(packageRoot(), BANK_DATA), 'utf8').trimEnd().split(/\r?\n/);
  if (header !== COLUMNS) throw new Error(`${BANK_DATA} does not have the columns ${COLUMNS}`);
  return lines.map((line) => {
    const [
      id = '',
      date = '',
      account = '',
      side = '',
      kind = '',
      purpose = '',
      amount = '',
      balanceAfter = '',
      partnerBank = '',
    ] = line.split(',');
    if (side !== 'credit' && side !== 'debit')
      throw new Error(`${BANK_DATA}: "${side}" is no side in "${line}"`);
    return { id, date, account, side, kind, purpose, amount, balanceAfter, partnerBank };
  });
}

/** Customers whose balance goes below zero (they had a credit line), with the lowest it gets. */
export function creditLines(rows: readonly BankRow[]): Map<string, string> {
  const lowest = new Map<string, string>();
  for (const { account, balanceAfter } of rows) {
    if (Number(balanceAfter) < Number(lowest.get(account) ?? '0')) lowest.set(account, balanceAfter);
  }
  return lowest;
}

export type Counterpart = 'cash' | 'interest' | 'fees' | `partner ${string}`;

/** Which of the bank's own accounts, or which partner bank's, stands on the other side of a row. */
export function counterpartOf({ kind, purpose, partnerBank }: BankRow): Counterpart {
  if (partnerBank !== '') return `partner ${partnerBank}`;
  if (kind === 'interest_credit') return 'interest';
  return purpose === 'statement_fee' || purpose === 'penalty_interest' ? 'fees' : 'cash';
}
