import fc from 'fast-check';
import type { AssetTotals } from '../../src/domain/checkpoint.js';
import type { AddSigningKey, SignCheckpoint } from '../../src/domain/command.js';

const idOf = (letter: string): string => `ed25519_${letter.repeat(32)}`;
const KEYS = [idOf('b'), idOf('c')];
const HASH = '0'.repeat(64);

/** Mostly: the first, the second after it, and the first again. */
const adding: fc.Arbitrary<AddSigningKey> = fc
  .record({
    change: fc.constantFrom('-a', '-a', '-a', '-a', '-a', '-a', 'ab', 'ab', 'ba', 'ba', 'bc', 'aa', '-c'),
    shard: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 1),
    vouched: fc.boolean(),
  })
  .map(({ change: [previous = '-', id = 'a'], vouched, shard }) => ({
    kind: 'add_signing_key',
    signingKey: {
      cluster: 'test',
      public: HASH,
      id: idOf(id),
      previous: previous === '-' ? null : idOf(previous),
      shard,
    },
    signature: 'a'.repeat(128),
    ...(vouched ? { voucher: 'b'.repeat(128) } : {}),
  }));

const TOTALS: AssetTotals = {
  asset: 'CZK/2',
  debits_posted: '12',
  credits_posted: '12',
  debits_pending: '3',
  credits_pending: '0',
};

/** Mostly the next one over some of the first events, by the key that signs. */
const signing: fc.Arbitrary<SignCheckpoint> = fc
  .record({
    number: fc.constantFrom(1, 1, 1, 1, 2, 2),
    late: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, -3, -9, 500, 200_000),
    long: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 1, 500, 20_000),
    root: fc.constantFrom(...['c', 'c', 'c', 'd'].map((digit) => digit.repeat(64))),
    key: fc.constantFrom(...Array<string>(8).fill(idOf('a')), ...KEYS),
    shard: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 1),
  })
  .map(({ number, late, long, ...rest }) => ({
    kind: 'sign_checkpoint',
    checkpoint: {
      cluster: 'test',
      number,
      first: 1 + 4 * (number - 1) + late,
      last: 4 * number + late + long,
      hash: HASH,
      previous: null,
      time: '2026-01-01T00:00:00.000Z',
      totals: [TOTALS],
      ...rest,
    },
    signature: 'e'.repeat(128),
  }));

export const signingCommand: fc.Arbitrary<AddSigningKey | SignCheckpoint> = fc.oneof(
  { weight: 2, arbitrary: adding },
  { weight: 3, arbitrary: signing },
);
