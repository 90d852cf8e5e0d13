import fc from 'fast-check';
import type { AccountChange } from '../../src/domain/account.js';
import type { Leg, Plan } from '../../src/domain/transfer.js';

export type Arb<T> = fc.Arbitrary<T>;
export const often = <T>(weight: number, arbitrary: Arb<T>) => ({ weight, arbitrary });
/** With the field in `weight` of ten. */
export const maybe = <K extends string, T>(
  key: K,
  weight: number,
  value: Arb<T>,
): Arb<{ readonly [_ in K]?: T }> =>
  fc.oneof(
    often(10 - weight, fc.constant({})),
    often(
      weight,
      value.map((one) => ({ [key]: one }) as { readonly [_ in K]?: T }),
    ),
  );
export const joined = <A extends object, B extends object>(a: Arb<A>, b: Arb<B>): Arb<A & B> =>
  fc.tuple(a, b).map(([one, two]) => ({ ...one, ...two }));

/** What may be changed of an account. */
export const accountChange: Arb<AccountChange> = fc.oneof(
  often(
    4,
    fc.record({
      status: fc.constantFrom(
        'open' as const,
        'open' as const,
        'frozen_debits' as const,
        'frozen_credits' as const,
        'frozen' as const,
        'closed' as const,
      ),
    }),
  ),
  often(
    2,
    fc.record({
      minBalance: fc.constantFrom(null, -50n, 0n, 40n),
      maxBalance: fc.constantFrom(null, 30n, 100n),
    }),
  ),
  often(1, fc.record({ maxBalance: fc.constantFrom(null, 20n, -60n) })),
  often(1, fc.record({ reviewDebits: fc.constantFrom(true, false, false) })),
);

/** The plans of one to three such legs between this shard and others, of which at least one reaches another. */
export const plannedOver =
  (leg: Arb<Leg>, here: number) =>
  (debitShard: Arb<number>): Arb<Plan> =>
    fc
      .array(fc.tuple(leg, debitShard, fc.constantFrom(here, here, here + 1, here + 2)), {
        minLength: 1,
        maxLength: 3,
      })
      .map((all) => {
        const local = all.every(([, from, to]) => from === here && to === here);
        const legs = all.map(([one, from, to]) => ({
          ...one,
          // What lies elsewhere nobody here looks at: it was seen to before.
          amount: from !== here && to !== here && one.amount <= 0n ? 1n : one.amount,
          debitShard: from,
          creditShard: local ? here + 1 : to,
        }));
        const shards = new Set(legs.flatMap((one) => [one.debitShard, one.creditShard]));
        shards.delete(here);
        return { coordinator: here, participants: [...shards], legs };
      });
