import { expect } from 'vitest';
import { inTransitAccountId, type TenantId } from '../../src/domain/ids.js';
import { type Leg, legsAt, type Plan, pivotOf } from '../../src/domain/transfer.js';
import type { Layout } from './layouts.js';

/**
 * A plan for these legs names every shard once: who is to coordinate, another as the pivot, those with debits before those
 * without. A coordinator takes part whether or not a leg touches it.
 */
export function checkRoute(
  plan: Plan,
  coordinator: number,
  legs: readonly Leg[],
  shardOf: Layout['shardOf'],
): void {
  const touched = new Set(legs.flatMap(({ debit, credit }) => [shardOf(debit), shardOf(credit)]));
  const { participants } = plan;
  expect(plan.coordinator).toBe(coordinator);
  expect([coordinator, ...participants].sort()).toEqual([...touched.add(coordinator)].sort());
  expect(pivotOf(plan)).toBe(participants.at(-1));
  expect(pivotOf(plan)).not.toBe(coordinator);
  const debited = new Set(legs.map(({ debit }) => shardOf(debit)));
  const firstCredited = participants.findIndex((shard) => !debited.has(shard));
  if (firstCredited >= 0)
    expect(participants.slice(firstCredited).some((shard) => debited.has(shard))).toBe(false);
}

/** It gives every shard its own of these legs, balanced by in-transit accounts that mirror each other. */
export function checkParts(
  plan: Plan,
  legs: readonly Leg[],
  shardOf: Layout['shardOf'],
  tenant: TenantId,
): void {
  const parts = [plan.coordinator, ...plan.participants].map((shard) => ({
    shard,
    legs: legsAt(plan, shard, tenant),
  }));
  // What is credited to transit at one end is debited from it at the other, by pair and asset.
  const transit = new Map<string, bigint>();
  for (const { shard, legs: own } of parts) {
    for (const { debit, credit, amount, asset, inTransit } of own) {
      if (inTransit === undefined) continue;
      const { side, peer } = inTransit;
      expect(side === 'debit' ? debit : credit).toBe(inTransitAccountId(tenant, shard, peer, asset));
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
}
