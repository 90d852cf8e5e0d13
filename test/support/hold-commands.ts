import fc from 'fast-check';
import type { PivotTransfer, TryTransfer } from '../../src/domain/command.js';
import type { TenantId, TransferId } from '../../src/domain/ids.js';
import { debitPlanOf } from '../../src/domain/plan.js';
import { debitsAt, type LocalLeg, type Plan } from '../../src/domain/transfer.js';
import { type Arb, joined, maybe, often } from './arbitraries.js';
import { review } from './review-commands.js';

const isDebited = ({ inTransit }: LocalLeg): boolean => inTransit?.side !== 'debit';

export const debitAway = (legAway: Arb<LocalLeg>): Arb<LocalLeg> => legAway.filter((leg) => !isDebited(leg));

/** A hold with debits on several shards, at its coordinator. */
export const holdApart = ({
  tenant,
  transfer,
  plan,
  deadline,
}: {
  readonly tenant: TenantId;
  readonly transfer: Arb<TransferId>;
  readonly plan: Arb<Plan>;
  readonly deadline: string;
}): Arb<TryTransfer> =>
  joined(
    fc.record({ transfer, plan }).map(({ transfer: id, plan: { coordinator, legs: all } }) => {
      const apart = debitPlanOf(coordinator, all) !== undefined;
      const legs = all
        .map((leg, i) => (!apart && i === all.length - 1 ? { ...leg, debitShard: 1 } : leg))
        // What is debited elsewhere nobody here looks at: it was seen to before.
        .map((leg) => (leg.debitShard === coordinator || leg.amount > 0n ? leg : { ...leg, amount: 1n }));
      const debits = debitPlanOf(coordinator, legs) ?? { coordinator, participants: [1], legs };
      const intent = { plan: { ...debits, holds: true as const }, deadline };
      const own = debitsAt(debits, coordinator, tenant);
      return { kind: 'try' as const, tenant, transfer: id, legs: own, coordinator, intent };
    }),
    joined(maybe('expiresAt', 9, fc.constant('2026-02-01T00:00:00.000Z')), review),
  );

/** Steps of sagas that another shard coordinates: transfers, holds, and captures of what was held there. */
export function participantCommands({
  tenant,
  transfer,
  hold,
  legs,
  localLeg,
  legAway,
}: {
  readonly tenant: TenantId;
  readonly transfer: Arb<TransferId>;
  readonly hold: Arb<TransferId>;
  readonly legs: (one: Arb<LocalLeg>) => Arb<LocalLeg[]>;
  readonly localLeg: Arb<LocalLeg>;
  readonly legAway: Arb<LocalLeg>;
}): Arb<TryTransfer | PivotTransfer> {
  const step = (of: Arb<LocalLeg[]>) =>
    fc.record({
      kind: fc.constantFrom('try' as const, 'pivot' as const),
      tenant: fc.constant(tenant),
      transfer,
      legs: of,
      coordinator: fc.constant(1),
    });
  return fc.oneof(
    often(4, step(legs(fc.oneof(localLeg, legAway)))),
    often(1, joined(step(legs(debitAway(legAway))), maybe('captures', 6, hold))),
    often(
      1,
      joined(
        step(legs(fc.oneof(localLeg, legAway.filter(isDebited)))),
        maybe('holds', 6, fc.constant(true as const)),
      ),
    ),
  );
}
