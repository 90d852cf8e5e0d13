import assert from 'node:assert/strict';
import { balanceOf } from '../../src/domain/account.js';
import type { AccountId } from '../../src/domain/ids.js';
import type { MemoryState } from '../../src/domain/state.js';
import type { Leg } from '../../src/domain/transfer.js';

/** What is set aside on every account is what open tries and, as `held` says, holds set aside. */
export function checkPending(
  shards: readonly MemoryState[],
  held: Iterable<readonly [AccountId, bigint]>,
): void {
  const aside = { debit: new Map<AccountId, bigint>(), credit: new Map<AccountId, bigint>() };
  const add = (side: 'debit' | 'credit', id: AccountId, amount: bigint): unknown =>
    aside[side].set(id, (aside[side].get(id) ?? 0n) + amount);
  for (const [id, amount] of held) add('debit', id, amount);
  for (const { transfers } of shards) {
    for (const { first, last, purpose } of transfers.values()) {
      if (first?.step !== 'try' || first.result !== 'done' || last !== undefined) continue;
      if (purpose === 'hold' || purpose === 'release') continue;
      for (const { debit, credit, amount, inTransit } of first.legs) {
        add('credit', credit, amount);
        // What a capture debits here its hold set aside.
        if (purpose !== 'capture' || inTransit?.side === 'debit') add('debit', debit, amount);
      }
    }
  }
  for (const { accounts } of shards) {
    for (const { id, counters } of accounts.values()) {
      assert.equal(counters.debitsPending, aside.debit.get(id) ?? 0n, `pending debits of ${id}`);
      assert.equal(counters.creditsPending, aside.credit.get(id) ?? 0n, `pending credits of ${id}`);
    }
  }
}

/** Every account has moved by the legs that were posted, no more and no less. */
export function checkBalances(shards: readonly MemoryState[], posted: readonly Leg[]): void {
  const moved = new Map<AccountId, bigint>();
  const add = (id: AccountId, amount: bigint): unknown => moved.set(id, (moved.get(id) ?? 0n) + amount);
  for (const { debit, credit, amount } of posted) {
    add(debit, -amount);
    add(credit, amount);
  }
  for (const { accounts } of shards) {
    for (const { id, kind, counters } of accounts.values()) {
      if (kind === 'account') assert.equal(balanceOf(counters), moved.get(id) ?? 0n, `balance of ${id}`);
    }
  }
}
