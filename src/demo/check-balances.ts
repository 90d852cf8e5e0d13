import type { ApiClient } from './api-client.js';
import type { BankRow } from './bank-rows.js';
import { inParallel } from './in-parallel.js';
import type { DemoAccounts } from './open-accounts.js';
import type { Posted } from './post-rows.js';

interface EntriesPage {
  readonly data: readonly { readonly transfer: string; readonly balance_after: string }[];
  readonly next_cursor: string | null;
}

export interface Mismatch {
  readonly row: BankRow;
  readonly found: string;
}

/** Compares the balance after each row's entry with the bank's own. Returns those that differ. */
export async function checkBalances(
  client: ApiClient,
  posted: readonly Posted[],
  { customers }: DemoAccounts,
  onChecked: (done: number) => void,
): Promise<Mismatch[]> {
  const expected = new Map(posted.map(({ transfer, row }) => [transfer, row]));
  const found = new Map<string, string>();
  let done = 0;
  await inParallel([...customers.values()], 32, async ({ id }, index) => {
    let cursor: string | null = '';
    while (cursor !== null) {
      const after: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page: EntriesPage = await client.get(index % 2, `/v1/accounts/${id}/entries?limit=1000${after}`);
      // A transfer across shards has two entries on its coordinator: the later one is what it came to.
      for (const { transfer, balance_after } of page.data) found.set(transfer, balance_after);
      cursor = page.next_cursor;
    }
    done += 1;
    onChecked(done);
  });
  return [...expected]
    .map(([transfer, row]) => ({ row, found: found.get(transfer) ?? 'no entry' }))
    .filter(({ row, found: balance }) => balance !== row.balanceAfter);
}
