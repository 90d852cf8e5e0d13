import type { Accounts } from './replay.js';
import type { AuditedAccount } from './shard-books.js';

/** An account as the journal has it: amounts in minor units of the asset. */
export interface AccountBalance {
  readonly account: string;
  readonly shard: number;
  readonly tenant: string;
  readonly asset: string;
  readonly reference: string;
  readonly status: string;
  /** How many entries it has. */
  readonly version: number;
  readonly debits: string;
  readonly credits: string;
  readonly pendingDebits: string;
  readonly pendingCredits: string;
  /** Credits less debits. */
  readonly balance: string;
  /** Balance less pending debits. */
  readonly available: string;
}

export function balanceOf(account: string, shard: number, found: AuditedAccount): AccountBalance {
  const [debits, credits, pendingDebits, pendingCredits] = found.counters;
  const balance = BigInt(credits) - BigInt(debits);
  const { tenant, asset, reference, status, version } = found;
  return {
    account,
    shard,
    tenant,
    asset,
    reference,
    status,
    version,
    debits: debits.toString(),
    credits: credits.toString(),
    pendingDebits: pendingDebits.toString(),
    pendingCredits: pendingCredits.toString(),
    balance: balance.toString(),
    available: (balance - BigInt(pendingDebits)).toString(),
  };
}

export interface TrialBalanceQuery {
  readonly tenant?: string;
  /** The account's reference begins so. */
  readonly prefix?: string;
  readonly asset?: string;
  /** A line for each beginning of a reference of so many parts, `a:b` for two; none: a line for each tenant and asset. */
  readonly depth?: number;
}

export interface TrialBalanceLine {
  readonly tenant: string;
  readonly asset: string;
  /** The beginning of the references, `(in transit)`, or empty. */
  readonly group: string;
  readonly accounts: number;
  readonly debits: string;
  readonly credits: string;
  readonly balance: string;
}

const IN_TRANSIT = '(in transit)';

/** What is posted, summed by tenant, beginning of the reference, and asset; sorted by these. */
export function trialBalance(
  shards: readonly Accounts[],
  { tenant, prefix = '', asset, depth = 0 }: TrialBalanceQuery,
): TrialBalanceLine[] {
  const sums = new Map<
    string,
    {
      line: Pick<TrialBalanceLine, 'tenant' | 'asset' | 'group'>;
      accounts: number;
      debits: bigint;
      credits: bigint;
    }
  >();
  for (const accounts of shards) {
    for (const found of accounts.values()) {
      if (tenant !== undefined && found.tenant !== tenant) continue;
      if (asset !== undefined && found.asset !== asset) continue;
      if (!found.reference.startsWith(prefix)) continue;
      const group = depth === 0 ? '' : groupOf(found, depth);
      const name = JSON.stringify([found.tenant, group, found.asset]);
      const sum = sums.get(name) ?? {
        line: { tenant: found.tenant, asset: found.asset, group },
        accounts: 0,
        debits: 0n,
        credits: 0n,
      };
      sum.accounts += 1;
      sum.debits += BigInt(found.counters[0]);
      sum.credits += BigInt(found.counters[1]);
      sums.set(name, sum);
    }
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { line, accounts, debits, credits }]) => ({
      ...line,
      accounts,
      debits: debits.toString(),
      credits: credits.toString(),
      balance: (credits - debits).toString(),
    }));
}

const groupOf = ({ kind, reference }: AuditedAccount, depth: number): string =>
  kind === 'in_transit' ? IN_TRANSIT : reference.split(':').slice(0, depth).join(':');
