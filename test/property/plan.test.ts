import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tenantId } from '../../src/domain/ids.js';
import type { Leg } from '../../src/domain/transfer.js';
import { routeOf } from '../../src/saga/plan.js';
import { checkParts, checkRoute } from '../support/check-plan.js';
import { layoutsOf } from '../support/layouts.js';

const TENANT = tenantId('acme');
const RUNS = { numRuns: 1_500 } as const;
const layouts = layoutsOf(TENANT);

describe('the plan of a transfer', () => {
  it('names every shard once: the first debit’s to coordinate, another as the pivot, those with debits before those without', () => {
    fc.assert(
      fc.property(layouts, ({ legs, shardOf }) => {
        const coordinator = shardOf(legs[0]?.debit as Leg['debit']);
        const route = routeOf(legs, shardOf);
        expect(routeOf(legs, shardOf)).toEqual(route);
        if (route.kind === 'saga') return checkRoute(route.plan, coordinator, legs, shardOf);
        const touched = legs.flatMap(({ debit, credit }) => [shardOf(debit), shardOf(credit)]);
        expect([...new Set(touched)]).toEqual([route.shard]);
      }),
      RUNS,
    );
  });

  it('gives every shard its own legs, balanced by in-transit accounts that mirror each other', () => {
    fc.assert(
      fc.property(layouts, ({ legs, shardOf }) => {
        const route = routeOf(legs, shardOf);
        if (route.kind === 'saga') checkParts(route.plan, legs, shardOf, TENANT);
      }),
      RUNS,
    );
  });
});
