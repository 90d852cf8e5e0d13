import type { Asset } from './asset.js';
import type { AccountId, TenantId } from './ids.js';

/** The four sums of an account, in minor units, each only ever compared within one asset. */
export interface Counters {
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
}

export const NO_COUNTERS: Counters = {
  debitsPosted: 0n,
  creditsPosted: 0n,
  debitsPending: 0n,
  creditsPending: 0n,
};

export type AccountKind = 'account' | 'in_transit';
export type AccountStatus = 'open' | 'frozen_debits' | 'frozen_credits' | 'frozen' | 'closed';

export interface Limits {
  /** What `available` may not fall below; null: no limit. */
  readonly minBalance: bigint | null;
  /** What posted balance and pending credits together may not exceed; null: no limit. */
  readonly maxBalance: bigint | null;
}

/** What is to be different about an account; what is absent stays. */
export interface AccountChange extends Partial<Limits> {
  readonly status?: AccountStatus;
  readonly reviewDebits?: boolean;
  readonly metadata?: Readonly<Record<string, string>>;
}

/** What an account is, apart from its counters: changes rarely, each change an event. */
export interface AccountAttributes extends Limits {
  readonly id: AccountId;
  readonly tenant: TenantId;
  readonly asset: Asset;
  readonly kind: AccountKind;
  readonly status: AccountStatus;
  /** Whoever looks after the tenant's risk has doubts about what is debited from it. */
  readonly reviewDebits: boolean;
  /** Sequence of the event that opened it. */
  readonly openedSeq: number;
  readonly reference?: string | undefined;
}

export interface Account extends AccountAttributes {
  readonly counters: Counters;
  /** Number of entries so far; goes up by exactly one with each (P2). */
  readonly version: number;
}

/** The account after an entry. Every field by name: spread, this was the dearest line of posting (docs/performance.md). */
export const withEntry = (
  { id, tenant, asset, kind, minBalance, maxBalance, status, reviewDebits, openedSeq, reference }: Account,
  { after: counters, version }: Entry,
): Account => ({
  id,
  tenant,
  asset,
  kind,
  minBalance,
  maxBalance,
  status,
  reviewDebits,
  openedSeq,
  reference,
  counters,
  version,
});

/** The account, which whoever holds the state must have loaded. */
export function existing(account: Account | undefined, id: AccountId): Account {
  if (account === undefined) throw new Error(`account ${id} was not loaded`);
  return account;
}

/** One change of one account's four counters. */
export interface Entry {
  readonly account: AccountId;
  readonly version: number;
  readonly before: Counters;
  readonly after: Counters;
}

/** Posted credits less posted debits. */
export const balanceOf = (c: Counters): bigint => c.creditsPosted - c.debitsPosted;
/** What can still be debited before `minBalance` is looked at. */
export const availableOf = (c: Counters): bigint => c.creditsPosted - c.debitsPosted - c.debitsPending;
/** What counts against `maxBalance`. */
export const committedOf = (c: Counters): bigint => c.creditsPosted - c.debitsPosted + c.creditsPending;

export const refusesDebits = (s: AccountStatus): boolean => s === 'frozen' || s === 'frozen_debits';
export const refusesCredits = (s: AccountStatus): boolean => s === 'frozen' || s === 'frozen_credits';
