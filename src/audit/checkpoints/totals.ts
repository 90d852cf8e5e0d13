import { type Count, countOf, plus } from '../count.js';
import type { JournalEvent, TotalsData } from '../journal-event.js';

/** By how much one counter of all accounts in an asset changed. */
export interface Change {
  readonly asset: string;
  /** 0 debits posted, 1 credits posted, 2 debits pending, 3 credits pending. */
  readonly counter: number;
  readonly by: Count;
}

/** A shard's four counters over all accounts, by asset. */
export class Totals {
  private readonly sums = new Map<string, [Count, Count, Count, Count]>();

  add({ asset, counter, by }: Change): void {
    let sums = this.sums.get(asset);
    if (sums === undefined) {
      sums = [0, 0, 0, 0];
      this.sums.set(asset, sums);
    }
    sums[counter] = plus(sums[counter] ?? 0, 1, by);
  }

  /** As a checkpoint has them. */
  toData(): TotalsData[] {
    return [...this.sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([asset, [dp, cp, dn, cn]]) => ({
        asset,
        debits_posted: dp.toString(),
        credits_posted: cp.toString(),
        debits_pending: dn.toString(),
        credits_pending: cn.toString(),
      }));
  }
}

const NONE: readonly Change[] = [];

/** What an event's entries change. `assetOf`: of an account that was opened. */
export function changesOf({ data }: JournalEvent, assetOf: (account: string) => string): readonly Change[] {
  if (data.entries === undefined) return NONE;
  const changes: Change[] = [];
  for (const { account, before, after } of data.entries) {
    const asset = assetOf(account);
    for (let counter = 0; counter < 4; counter += 1) {
      const [from = '0', to = '0'] = [before[counter], after[counter]];
      if (from !== to) changes.push({ asset, counter, by: plus(countOf(to), -1, countOf(from)) });
    }
  }
  return changes;
}
