import fc from 'fast-check';
import type { Asset } from '../../src/domain/asset.js';
import type { Command, LinkedTransfers, OpenAccount } from '../../src/domain/command.js';
import {
  type AccountId,
  accountIdOf,
  inTransitAccountId,
  keyDigest,
  type TransferId,
  tenantId,
  transferIdOf,
} from '../../src/domain/ids.js';
import type { LocalLeg } from '../../src/domain/transfer.js';

export const SHARD = 0;
export const TENANT = tenantId('acme');
export const CZK = 'CZK/2' as Asset;
const EUR = 'EUR/2' as Asset;

const idOf = (n: number): AccountId => accountIdOf(n, keyDigest(TENANT, 'client', `account ${n}`));
const transferOf = (n: number): TransferId =>
  transferIdOf(n % 7, keyDigest(TENANT, 'client', `transfer ${n}`));

/** Six accounts with every mixture of limits, one in another asset; a seventh id that nobody opens. */
const limits: readonly (readonly [bigint | null, bigint | null])[] = [
  [0n, null],
  [null, null],
  [-50n, 80n],
  [0n, 100n],
  [null, 30n],
  [0n, null],
];
export const ACCOUNTS: readonly OpenAccount[] = limits.map(([minBalance, maxBalance], n) => ({
  kind: 'open_account',
  tenant: TENANT,
  account: idOf(n),
  asset: n === 5 ? EUR : CZK,
  limits: { minBalance, maxBalance },
  metadata: {},
}));

const account = fc.integer({ min: 0, max: 6 }).map(idOf);
const peer = fc.constantFrom(1, 2);
const amount = fc.bigInt({ min: -1n, max: 60n });
const asset = fc.oneof(
  { weight: 9, arbitrary: fc.constant(CZK) },
  { weight: 1, arbitrary: fc.constant(EUR) },
);

const localLeg: fc.Arbitrary<LocalLeg> = fc.record({ debit: account, credit: account, amount, asset });
const legAway: fc.Arbitrary<LocalLeg> = fc
  .record({ ours: account, peer, side: fc.constantFrom('debit' as const, 'credit' as const), amount, asset })
  .map(({ ours, peer: other, side, amount: units, asset: of }) => {
    const transit = inTransitAccountId(TENANT, SHARD, other, of);
    const accounts = side === 'debit' ? { debit: transit, credit: ours } : { debit: ours, credit: transit };
    return { ...accounts, amount: units, asset: of, inTransit: { side, peer: other } };
  });
const legs = (one: fc.Arbitrary<LocalLeg>) => fc.array(one, { minLength: 1, maxLength: 4 });
/** Few ids, so that steps of one transfer meet in every order and number. */
const transfer = fc.integer({ min: 0, max: 12 }).map(transferOf);

export const ledgerCommand: fc.Arbitrary<Exclude<Command, LinkedTransfers>> = fc.oneof(
  fc.record({
    kind: fc.constant('post' as const),
    tenant: fc.constant(TENANT),
    transfer,
    legs: legs(localLeg),
  }),
  fc.record({
    kind: fc.constantFrom('try' as const, 'pivot' as const),
    tenant: fc.constant(TENANT),
    transfer,
    legs: legs(fc.oneof(localLeg, legAway)),
    coordinator: fc.constant(1),
  }),
  fc.record({ kind: fc.constant('confirm' as const), tenant: fc.constant(TENANT), transfer }),
  fc.record({
    kind: fc.constant('cancel' as const),
    tenant: fc.constant(TENANT),
    transfer,
    coordinator: fc.constant(1),
    reason: fc.constant({ code: 'operator' as const }),
  }),
);
