import fc from 'fast-check';
import type { Claim } from '../../src/domain/claim.js';
import type { Command } from '../../src/domain/command.js';
import type { TenantId, TransferId } from '../../src/domain/ids.js';
import { type Arb, joined, maybe, often } from './arbitraries.js';

const times = { deadline: '2026-01-08T00:00:00.000Z', escalateAt: '2026-01-02T00:00:00.000Z' };

/** Mostly no reason to wait but its accounts', or no word of it at all. */
export const review = maybe(
  'review',
  5,
  fc.oneof(
    often(1, fc.constant(times)),
    often(
      1,
      fc
        .constantFrom('amount' as const, 'requested' as const)
        .map((code) => ({ ...times, reason: { code } })),
    ),
  ),
);

export interface ReviewArbs {
  readonly tenant: Arb<TenantId>;
  readonly review: Arb<TransferId>;
  readonly operation: Arb<TransferId>;
  readonly claimed: <C extends { readonly tenant: TenantId }>(
    command: Arb<C>,
    subject: (made: C) => TransferId,
  ) => Arb<C & { claim?: Claim }>;
}

export function reviewCommands({ tenant, review: id, operation, claimed }: ReviewArbs): Arb<Command> {
  const note = maybe('note', 3, fc.constant('checked with the customer'));
  const common = { tenant, operation, review: id };
  const approve = claimed(
    joined(
      fc.record({
        kind: fc.constant('approve' as const),
        ...common,
        deadline: fc.constant('2026-01-02T00:00:00.000Z'),
      }),
      note,
    ),
    (made) => made.operation,
  );
  const decline = claimed(
    joined(fc.record({ kind: fc.constant('decline' as const), ...common }), note),
    (made) => made.operation,
  );
  const expire = fc.record({ kind: fc.constant('expire_review' as const), tenant, review: id });
  return fc.oneof(often(4, approve), often(4, decline), often(3, expire));
}
