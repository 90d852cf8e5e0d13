import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asset } from '../../src/domain/asset.js';
import { accountIdOf, bucketOf, inTransitAccountId, keyDigest, tenantId } from '../../src/domain/ids.js';
import { type Leg, legsAt, pivotOf } from '../../src/domain/transfer.js';
import { routeOf } from '../../src/saga/plan.js';

const TENANT = tenantId('acme');
const RUNS = { numRuns: 3_000 } as const;

/** 1–100 legs of three assets over 2–16 shards, whose owners of the buckets are drawn at random. */
const layouts = fc.integer({ min: 2, max: 16 }).chain((shards) =>
  fc.record({
    shards: fc.constant(shards),
    owners: fc.array(fc.nat(shards - 1), { minLength: 32, maxLength: 32 }),
    legs: fc.array(
      fc
        .record({
          from: fc.nat(63),
          to: fc.nat(63),
          amount: fc.bigInt({ min: 1n, max: 10n ** 20n }),
          asset: fc.constantFrom('CZK/2', 'EUR/2', 'POINTS/0'),
        })
        .filter(({ from, to }) => from !== to)
        .map(
          ({ from, to, amount, asset }): Leg => ({
            debit: accountIdOf(from % 32, keyDigest(TENANT, 'client', `${from}`)),
            credit: accountIdOf(to % 32, keyDigest(TENANT, 'client', `${to}`)),
            amount,
            asset: asset as Asset,
          }),
        ),
      { minLength: 1, maxLength: 100 },
    ),
  }),
);

describe('the plan of a transfer', () => {
  it('names every shard once: the first debit’s to coordinate, another as the pivot, those with debits before those without', () => {
    fc.assert(
      fc.property(layouts, ({ owners, legs }) => {
        const shardOf = (account: Leg['debit']): number => owners[bucketOf(account)] ?? 0;
        const touched = new Set(legs.flatMap(({ debit, credit }) => [shardOf(debit), shardOf(credit)]));
        const route = routeOf(legs, shardOf);
        expect(routeOf(legs, shardOf)).toEqual(route);
        if (route.kind === 'local') {
          expect([...touched]).toEqual([route.shard]);
          return;
        }
        const { coordinator, participants } = route.plan;
        expect(coordinator).toBe(shardOf(legs[0]?.debit as Leg['debit']));
        expect([coordinator, ...participants].sort()).toEqual([...touched].sort());
        expect(pivotOf(route.plan)).toBe(participants.at(-1));
        expect(pivotOf(route.plan)).not.toBe(coordinator);
        const debited = new Set(legs.map(({ debit }) => shardOf(debit)));
        const firstCredited = participants.findIndex((shard) => !debited.has(shard));
        if (firstCredited >= 0)
          expect(participants.slice(firstCredited).some((shard) => debited.has(shard))).toBe(false);
      }),
      RUNS,
    );
  });

  it('gives every shard its own legs, balanced by in-transit accounts that mirror each other', () => {
    fc.assert(
      fc.property(layouts, ({ owners, legs }) => {
        const shardOf = (account: Leg['debit']): number => owners[bucketOf(account)] ?? 0;
        const route = routeOf(legs, shardOf);
        if (route.kind === 'local') return;
        const { plan } = route;
        const parts = [plan.coordinator, ...plan.participants].map((shard) => ({
          shard,
          legs: legsAt(plan, shard, TENANT),
        }));
        // What is credited to transit at one end is debited from it at the other, by pair and asset.
        const transit = new Map<string, bigint>();
        for (const { shard, legs: own } of parts) {
          for (const { debit, credit, amount, asset, inTransit } of own) {
            if (inTransit === undefined) continue;
            const { side, peer } = inTransit;
            expect(side === 'debit' ? debit : credit).toBe(inTransitAccountId(TENANT, shard, peer, asset));
            // Who it stands for lives there.
            const there = plan.legs.some((leg) =>
              side === 'debit'
                ? leg.debit === inTransit.account && leg.debitShard === peer
                : leg.credit === inTransit.account && leg.creditShard === peer,
            );
            expect(there).toBe(true);
            const pair = `${Math.min(shard, peer)}-${Math.max(shard, peer)} ${asset}`;
            transit.set(pair, (transit.get(pair) ?? 0n) + (side === 'credit' ? amount : -amount));
          }
        }
        for (const sum of transit.values()) expect(sum).toBe(0n);
        // Each account moves by what the legs say, on its own shard and nowhere else.
        const moved = new Map<string, bigint>();
        const add = (id: string, amount: bigint): unknown => moved.set(id, (moved.get(id) ?? 0n) + amount);
        for (const { debit, credit, amount, asset } of legs) {
          add(`${shardOf(debit)} ${debit} ${asset}`, amount);
          add(`${shardOf(credit)} ${credit} ${asset}`, -amount);
        }
        for (const { shard, legs: own } of parts) {
          for (const { debit, credit, amount, asset, inTransit } of own) {
            if (inTransit?.side !== 'debit') add(`${shard} ${debit} ${asset}`, -amount);
            if (inTransit?.side !== 'credit') add(`${shard} ${credit} ${asset}`, amount);
          }
        }
        for (const sum of moved.values()) expect(sum).toBe(0n);
      }),
      RUNS,
    );
  });
});
