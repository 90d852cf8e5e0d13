import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { convert, isRate } from '../../src/domain/fx.js';
import { split } from '../../src/domain/split.js';
import { ROUNDINGS } from '../../src/domain/transfer.js';
import { converted, fraction } from '../support/naive/rate.js';

const RUNS = { numRuns: 2_000 } as const;
const amount = fc.bigInt({ min: 0n, max: 10n ** 38n - 1n });
const decimal = fc
  .tuple(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n }), fc.stringMatching(/^[0-9]{0,18}$/))
  .map(([whole, part]) => (part === '' ? `${whole}` : `${whole}.${part}`));
const weights = fc
  .array(fc.oneof(decimal, fc.constantFrom('1', '1', '2', '33.3', '0')), { minLength: 1, maxLength: 12 })
  .filter((list) => list.some((one) => fraction(one).over > 0n));

describe('split', () => {
  it('loses nothing, and gives every share within one unit of its due', () => {
    fc.assert(
      fc.property(amount, weights, (whole, list) => {
        const shares = split(whole, list);
        expect(shares.reduce((sum, share) => sum + share, 0n)).toBe(whole);
        const scale = 10n ** 18n;
        const exact = list.map((one) => (fraction(one).over * scale) / fraction(one).under);
        const total = exact.reduce((sum, one) => sum + one, 0n);
        for (const [index, share] of shares.entries()) {
          const due = whole * (exact[index] ?? 0n);
          expect(share * total > due - total && share * total < due + total).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('gives no unit to a smaller remainder before a larger one', () => {
    fc.assert(
      fc.property(
        amount,
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 1, maxLength: 9 }),
        (whole, list) => {
          const total = BigInt(list.reduce((sum, one) => sum + one, 0));
          fc.pre(total > 0n);
          const shares = split(whole, list.map(String));
          const graded = list.map((weight, index) => {
            const due = whole * BigInt(weight);
            return { rest: due % total, raised: (shares[index] ?? 0n) > due / total };
          });
          const raised = graded.filter((one) => one.raised).map(({ rest }) => rest);
          const left = graded.filter((one) => !one.raised).map(({ rest }) => rest);
          expect(raised.every((up) => left.every((down) => up >= down))).toBe(true);
        },
      ),
      RUNS,
    );
  });

  it.each([
    [100n, ['1', '1', '1'], [34n, 33n, 33n]],
    [10_000n, ['33.3', '33.3', '33.4'], [3330n, 3330n, 3340n]],
    [1n, ['0', '1'], [0n, 1n]],
    [0n, ['1', '2'], [0n, 0n]],
    [5n, ['0.5', '0.25', '0.25'], [3n, 1n, 1n]],
  ])('%s by %s is %s', (whole, list, shares) => {
    expect(split(whole, list)).toEqual(shares);
  });

  it.each([
    [-1n, ['1'], /not below zero/],
    [1n, [], /above zero/],
    [1n, ['0', '0'], /above zero/],
    [1n, ['-1', '2'], /not a weight: "-1"/],
    [1n, ['1e3'], /not a weight/],
    [1n, ['NaN'], /not a weight/],
  ])('refuses %s by %s', (whole, list, message) => {
    expect(() => split(whole, list)).toThrow(message);
  });
});

describe('convert', () => {
  it('is exact to the minor unit in every rounding, whatever the scales', () => {
    fc.assert(
      fc.property(
        amount,
        fc.integer({ min: 0, max: 18 }),
        fc.integer({ min: 0, max: 18 }),
        decimal.filter(isRate),
        fc.constantFrom(...ROUNDINGS),
        (sold, from, to, rate, rounding) => {
          const expected = converted(sold, `A/${from}`, `B/${to}`, rate, rounding);
          expect(convert(sold, from, to, rate, rounding)).toBe(expected);
        },
      ),
      RUNS,
    );
  });

  it.each([
    ['half_even', [2n, 2n, 4n]],
    ['half_up', [2n, 3n, 4n]],
    ['down', [1n, 2n, 3n]],
    ['up', [2n, 3n, 4n]],
  ] as const)('brings halves where %s says', (rounding, expected) => {
    expect([3n, 5n, 7n].map((sold) => convert(sold, 0, 0, '0.5', rounding))).toEqual(expected);
  });

  it.each(['', '0', '0.0', '-1', '1e3', '.5', '1.', 'NaN', '1234567890123456789'])(
    'takes no rate %j',
    (rate) => {
      expect(isRate(rate)).toBe(false);
      expect(() => convert(1n, 2, 2, rate, 'down')).toThrow(/not a rate/);
    },
  );
});
