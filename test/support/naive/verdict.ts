import type { AccountId, TenantId } from '../../../src/domain/ids.js';
import type { LocalLeg } from '../../../src/domain/transfer.js';
import type { NaiveBook } from './book.js';

/** Where several reasons hold, the one that stands first here is the answer: the order clients are promised. */
const ORDER = [
  'account_not_found',
  'same_account',
  'amount_not_positive',
  'asset_mismatch',
  'up_to_one_leg',
  'fx_rate_mismatch',
  'counter_overflow',
  'capture_exceeds_hold',
  'reversal_exceeds_transfer',
  'account_closed',
  'account_frozen',
  'insufficient_funds',
  'balance_limit_exceeded',
] as const;
/** From here on a refusal depends on the state and is recorded. */
const FIRST_RECORDED = ORDER.indexOf('capture_exceeds_hold');
const MOST = 10n ** 38n - 1n;

export type Reason = (typeof ORDER)[number];
export interface Finding {
  readonly reason: Reason;
  readonly account?: AccountId;
  readonly detail?: string;
}

/** `done`, or `refused:` or `rejected:` with the foremost of the reasons, the smaller account id among equals. */
export function verdict(findings: readonly Finding[]): string {
  const first = [...findings].sort((a, b) => {
    const rank = ORDER.indexOf(a.reason) - ORDER.indexOf(b.reason);
    return rank !== 0 ? rank : (a.account ?? '') < (b.account ?? '') ? -1 : 1;
  })[0];
  if (first === undefined) return 'done';
  const word = ORDER.indexOf(first.reason) >= FIRST_RECORDED ? 'rejected' : 'refused';
  return [word, first.reason, first.account, first.detail].filter((part) => part !== undefined).join(':');
}

export type Manner = 'move' | 'hold' | 'capture';

/** Everything that speaks against the legs. */
export function findingsOf(
  book: NaiveBook,
  legs: readonly LocalLeg[],
  tenant: TenantId,
  manner: Manner,
): Finding[] {
  const findings: Finding[] = [];
  const ours = new Set<AccountId>();
  for (const leg of legs) {
    if (leg.debit === leg.credit) findings.push({ reason: 'same_account', account: leg.debit });
    if (leg.amount <= 0n) findings.push({ reason: 'amount_not_positive' });
    for (const side of ['debit', 'credit'] as const) {
      const id = leg[side];
      if (leg.inTransit?.side === side) {
        if (overflows(book, id, leg.amount)) findings.push({ reason: 'counter_overflow', account: id });
        continue;
      }
      const account = book.accounts.get(id);
      if (account?.tenant !== tenant) findings.push({ reason: 'account_not_found', account: id });
      else {
        if (account.asset !== leg.asset) findings.push({ reason: 'asset_mismatch', account: id });
        ours.add(id);
      }
    }
  }
  for (const id of ours) findings.push(...findingsOn(book, id, legs, manner));
  return findings;
}

function findingsOn(book: NaiveBook, id: AccountId, legs: readonly LocalLeg[], manner: Manner): Finding[] {
  const account = book.accounts.get(id);
  if (account === undefined) return [];
  const findings: Finding[] = [];
  const sum = (side: 'debit' | 'credit'): bigint =>
    legs.reduce((total, leg) => (isOurs(leg, side, id) ? total + leg.amount : total), 0n);
  const [out, into] = [sum('debit'), sum('credit')];
  const add = (reason: Reason, detail?: string): void => {
    findings.push({ reason, account: id, ...(detail === undefined ? {} : { detail }) });
  };
  // What a capture debits was counted when it was set aside.
  if (overflows(book, id, manner === 'capture' || into > out ? into : out)) add('counter_overflow');
  const { status, min, max } = account;
  if (status === 'closed') add('account_closed');
  const noDebits = status === 'frozen' || status === 'frozen_debits';
  const noCredits = status === 'frozen' || status === 'frozen_credits';
  if (manner !== 'capture' && ((out > 0n && noDebits) || (into > 0n && noCredits))) add('account_frozen');
  const gain = manner === 'hold' ? -out : into - out;
  if (gain < 0n && min !== null && manner !== 'capture' && book.available(id) + gain < min) {
    add('insufficient_funds', `${book.available(id) - min}/${-gain}`);
  }
  if (gain > 0n && max !== null && book.committed(id) + gain > max) add('balance_limit_exceeded');
  return findings;
}

const isOurs = (leg: LocalLeg, side: 'debit' | 'credit', id: AccountId): boolean =>
  leg[side] === id && leg.inTransit?.side !== side;

/** Whether the debits or the credits of the account, with the amount, would have more than 38 digits. */
function overflows(book: NaiveBook, id: AccountId, amount: bigint): boolean {
  const total = (side: 'debit' | 'credit'): bigint => book.posted(id, side) + book.pending(id, side);
  return total('debit') + amount > MOST || total('credit') + amount > MOST;
}
