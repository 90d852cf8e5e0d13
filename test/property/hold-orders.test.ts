import { expect, it } from 'vitest';
import type { CaptureHold, Command, HoldTransfer } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import { evolve } from '../../src/domain/evolve.js';
import type { Part } from '../../src/domain/transfer.js';
import { CheckedBooks } from '../support/kernel-checker.js';
import { accountOf, CZK, TENANT, transferOf } from '../support/ledger-commands.js';

const [payer, shop] = [accountOf(1), accountOf(0)];
const HOLD: HoldTransfer = {
  kind: 'hold',
  tenant: TENANT,
  transfer: transferOf(0),
  legs: [40n, 20n].map((amount) => ({ debit: payer, credit: shop, amount, asset: CZK })),
  expiresAt: '2026-01-01T00:00:00.000Z',
};
const capture = (n: number, final: boolean, parts?: Part[]): CaptureHold => ({
  kind: 'capture',
  tenant: TENANT,
  transfer: transferOf(n),
  hold: HOLD.transfer,
  final,
  deadline: '2026-01-02T00:00:00.000Z',
  ...(parts && { parts }),
});
/** What can become of a hold, the expiry among it: whatever wins, the others find it so. */
const LATER: readonly Command[] = [
  capture(24, false, [{ leg: 0, amount: 15n }]),
  capture(25, false, [
    { leg: 0, amount: 25n },
    { leg: 1, amount: 20n },
  ]),
  capture(26, true, [{ leg: 1, amount: 5n }]),
  { kind: 'void', tenant: TENANT, operation: transferOf(27), hold: HOLD.transfer },
  { kind: 'expire', tenant: TENANT, hold: HOLD.transfer },
];

function* orders<T>(items: readonly T[]): Generator<readonly T[]> {
  if (items.length === 0) yield [];
  for (const [at, item] of items.entries())
    for (const rest of orders(items.toSpliced(at, 1))) yield [item, ...rest];
}

it('a hold that has no time to expire at never expires, and is still there to be captured', () => {
  const { expiresAt: _, ...forever } = HOLD;
  const checked = new CheckedBooks({ decide, evolve });
  checked.put(forever);
  const expire = { kind: 'expire', tenant: TENANT, hold: HOLD.transfer } as const;
  expect(decide(checked.books.state, expire, 100)).toEqual({
    outcome: { kind: 'refused', rejection: { code: 'hold_never_expires' } },
    events: [],
  });
  checked.put(expire);
  checked.put(capture(24, true));
  checked.put(expire);
  checked.compare();
  expect(checked.books.state.transfers.get(HOLD.transfer)?.last?.step).toBe('capture');
});

it('a hold’s captures, void and expiry in each of their 120 orders: one end, and nothing stays set aside', () => {
  const ends = new Map<string, number>();
  for (const order of orders(LATER)) {
    const checked = new CheckedBooks({ decide, evolve });
    checked.put(HOLD);
    for (const command of order) checked.put(command);
    // Each again: what was done is not done twice.
    for (const command of order) checked.put(command);
    checked.compare();
    const { state } = checked.books;
    const { last, hold = [] } = state.transfers.get(HOLD.transfer) ?? {};
    const captured = hold.reduce((sum, part) => sum + part.captured, 0n);
    expect(state.accounts.get(payer)?.counters).toMatchObject({ debitsPending: 0n });
    expect(state.accounts.get(shop)?.counters.creditsPosted).toBe(70n + captured);
    const end = `${last?.step} ${captured}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  expect([...ends.keys()].sort()).toEqual([
    'capture 20',
    'capture 5',
    'capture 60',
    'expire 0',
    'expire 15',
    'expire 45',
    'void 0',
    'void 15',
    'void 45',
  ]);
});
