import fc from 'fast-check';
import type { Asset } from '../../src/domain/asset.js';
import { type AccountId, accountIdOf, bucketOf, keyDigest, type TenantId } from '../../src/domain/ids.js';
import type { Leg } from '../../src/domain/transfer.js';

const BUCKETS = 32;

/** Legs of a transfer, and where its accounts live. */
export interface Layout {
  readonly shards: number;
  readonly legs: readonly Leg[];
  readonly shardOf: (account: AccountId) => number;
}

/** 1–100 legs of three assets over 2–16 shards, whose owners of the buckets are drawn at random. */
export const layoutsOf = (tenant: TenantId): fc.Arbitrary<Layout> => {
  const account = (n: number, asset: string): AccountId =>
    accountIdOf(n % BUCKETS, keyDigest(tenant, 'client', `${n} ${asset}`));
  const leg = fc
    .record({
      from: fc.nat(2 * BUCKETS - 1),
      to: fc.nat(2 * BUCKETS - 1),
      amount: fc.bigInt({ min: 1n, max: 10n ** 20n }),
      asset: fc.constantFrom('CZK/2', 'EUR/2', 'POINTS/0'),
    })
    .filter(({ from, to }) => from !== to)
    .map(
      ({ from, to, amount, asset }): Leg => ({
        debit: account(from, asset),
        credit: account(to, asset),
        amount,
        asset: asset as Asset,
      }),
    );
  return fc.integer({ min: 2, max: 16 }).chain((shards) =>
    fc
      .record({
        owners: fc.array(fc.nat(shards - 1), { minLength: BUCKETS, maxLength: BUCKETS }),
        legs: fc.array(leg, { minLength: 1, maxLength: 100 }),
      })
      .map(({ owners, legs }) => ({ shards, legs, shardOf: (id) => owners[bucketOf(id)] ?? 0 })),
  );
};
