import fc from 'fast-check';

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
