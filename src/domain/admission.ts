import { type Account, availableOf, committedOf, refusesCredits, refusesDebits } from './account.js';
import type { AccountId, TenantId } from './ids.js';
import { MAX_MONEY } from './money.js';
import { foremost, type Rejection } from './rejections.js';
import type { LocalLeg } from './transfer.js';

/**
 * `new`: nothing was set aside for it. `hold`: only the debits are set aside, gross, leg by leg. `capture`: what it
 * debits was set aside by an earlier hold, which no later freeze or limit takes back; what it brings from another shard
 * no later freeze takes back either.
 */
export type AdmissionKind = 'new' | 'hold' | 'capture';

/**
 * Whether the legs may be posted or set aside (P3): every account is there, usable, and stays within its limits
 * when the legs of one account are netted. A limit that is violated already refuses only what makes it worse.
 * In-transit accounts have no limits and are opened on first use.
 */
export function refusalOf(
  legs: readonly LocalLeg[],
  tenant: TenantId,
  accountOf: (id: AccountId) => Account | undefined,
  kind: AdmissionKind = 'new',
): Rejection | undefined {
  const found: Rejection[] = [];
  const [only] = legs;
  if (legs.length === 1 && only !== undefined && only.debit !== only.credit) {
    // Most transfers: nothing to net.
    const { amount } = only;
    if (amount <= 0n) found.push({ code: 'amount_not_positive' });
    const debit = usable(only, 'debit', tenant, accountOf, found);
    if (debit !== undefined) judge(debit, amount, 0n, kind, found);
    const credit = usable(only, 'credit', tenant, accountOf, found);
    if (credit !== undefined) judge(credit, 0n, amount, kind, found);
    return found.length === 0 ? undefined : foremost(found);
  }
  const sums = new Map<AccountId, { account: Account; debits: bigint; credits: bigint }>();
  const take = (leg: LocalLeg, side: 'debit' | 'credit'): void => {
    const account = usable(leg, side, tenant, accountOf, found);
    if (account === undefined) return;
    const sum = sums.get(account.id) ?? { account, debits: 0n, credits: 0n };
    if (side === 'debit') sum.debits += leg.amount;
    else sum.credits += leg.amount;
    sums.set(account.id, sum);
  };
  for (const leg of legs) {
    if (leg.debit === leg.credit) found.push({ code: 'same_account', account: leg.debit });
    if (leg.amount <= 0n) found.push({ code: 'amount_not_positive' });
    take(leg, 'debit');
    take(leg, 'credit');
  }
  for (const { account, debits, credits } of sums.values()) judge(account, debits, credits, kind, found);
  return found.length === 0 ? undefined : foremost(found);
}

/** What no leg may be, whatever the accounts are: of an account with itself, or of nothing. */
export function malformed(legs: readonly LocalLeg[]): Rejection | undefined {
  const found = legs.flatMap(({ debit, credit, amount }): Rejection[] => [
    ...(debit === credit ? [{ code: 'same_account', account: debit } as const] : []),
    ...(amount <= 0n ? [{ code: 'amount_not_positive' } as const] : []),
  ]);
  return found.length === 0 ? undefined : foremost(found);
}

/** The tenant's own account on that side, to be judged; adds to `found` why there is none. */
function usable(
  leg: LocalLeg,
  side: 'debit' | 'credit',
  tenant: TenantId,
  accountOf: (id: AccountId) => Account | undefined,
  found: Rejection[],
): Account | undefined {
  const id = leg[side];
  const account = accountOf(id);
  if (leg.inTransit?.side === side) {
    if (account !== undefined && overflows(account, leg.amount))
      found.push({ code: 'counter_overflow', account: id });
    return undefined;
  }
  if (account === undefined || account.tenant !== tenant || account.kind !== 'account') {
    found.push({ code: 'account_not_found', account: id });
    return undefined;
  }
  if (account.asset !== leg.asset) found.push({ code: 'asset_mismatch', account: id });
  return account;
}

/** Adds to `found` why the account may not take what the legs come to on it. */
function judge(
  account: Account,
  debits: bigint,
  credits: bigint,
  kind: AdmissionKind,
  found: Rejection[],
): void {
  const { id, status, counters, minBalance, maxBalance } = account;
  // What a capture debits is counted already: it was set aside.
  const added = kind === 'capture' || credits > debits ? credits : debits;
  if (overflows(account, added)) found.push({ code: 'counter_overflow', account: id });
  if (status === 'closed') found.push({ code: 'account_closed', account: id });
  const frozen = (debits > 0n && refusesDebits(status)) || (credits > 0n && refusesCredits(status));
  if (frozen && kind !== 'capture') found.push({ code: 'account_frozen', account: id });
  // What a hold credits is not there before its capture, so it can not stand for what it debits.
  const net = kind === 'hold' ? -debits : credits - debits;
  const available = availableOf(counters);
  if (net < 0n && kind !== 'capture' && minBalance !== null && available + net < minBalance) {
    const spendable = available - minBalance;
    found.push({
      code: 'insufficient_funds',
      account: id,
      available: spendable.toString(),
      needed: (-net).toString(),
    });
  }
  if (net > 0n && maxBalance !== null && committedOf(counters) + net > maxBalance) {
    found.push({ code: 'balance_limit_exceeded', account: id });
  }
}

/**
 * What of `leg` can be moved now, at most its amount: what its debit account has available and its credit account has
 * room for. Not above zero where nothing can. A side that lives on another shard sets no bound here.
 */
export function availableFor(leg: LocalLeg, accountOf: (id: AccountId) => Account | undefined): bigint {
  const debit = leg.inTransit?.side === 'debit' ? undefined : accountOf(leg.debit);
  const credit = leg.inTransit?.side === 'credit' ? undefined : accountOf(leg.credit);
  let amount = leg.amount;
  const atMost = (bound: bigint): void => {
    if (bound < amount) amount = bound;
  };
  if (debit !== undefined && debit.minBalance !== null)
    atMost(availableOf(debit.counters) - debit.minBalance);
  if (credit !== undefined && credit.maxBalance !== null) {
    atMost(credit.maxBalance - committedOf(credit.counters));
  }
  return amount;
}

/** Whether a counter could come to more than 38 digits; on the safe side, whichever side the amount is added to. */
function overflows({ counters }: Account, amount: bigint): boolean {
  const debits = counters.debitsPosted + counters.debitsPending + amount;
  const credits = counters.creditsPosted + counters.creditsPending + amount;
  return debits > MAX_MONEY || credits > MAX_MONEY;
}
