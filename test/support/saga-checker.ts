import fc from 'fast-check';
import type { Asset } from '../../src/domain/asset.js';
import { accountIdOf, bucketOf, keyDigest, tenantId, transferIdOf } from '../../src/domain/ids.js';
import type { Leg } from '../../src/domain/transfer.js';
import { KINDS, type SagaParts, SagaSimulation } from './saga-simulation.js';

const TENANT = tenantId('acme');
const ASSETS = ['CZK/2' as Asset, 'EUR/2' as Asset] as const;
/** Each shard has a rich account, a poor one and one with little room, of each asset. */
const LIMITS = [
  [null, null],
  [0n, null],
  [null, 40n],
] as const;

const accountOf = (shard: number, kind: number, asset: number) =>
  accountIdOf(shard, keyDigest(TENANT, 'client', `${shard} ${kind} ${asset}`));

/** A simulated cluster in which account buckets are shard numbers. */
function simulationOf(shardCount: number, choices: readonly number[], parts: SagaParts): SagaSimulation {
  const simulation = new SagaSimulation(shardCount, TENANT, bucketOf, choices, parts);
  for (let shard = 0; shard < shardCount; shard += 1) {
    for (const [kind, [minBalance, maxBalance]] of LIMITS.entries()) {
      for (const [index, asset] of ASSETS.entries()) {
        const limits = { minBalance, maxBalance };
        simulation.open(shard, { account: accountOf(shard, kind, index), asset, limits });
      }
    }
  }
  return simulation;
}

/** Of many legs, few with an account that may refuse: else all would be refused. */
const side = (shards: number, legs: number) => {
  const kind = fc.oneof(
    { weight: 2 * legs, arbitrary: fc.constant(0) },
    { weight: legs > 10 ? 1 : 5, arbitrary: fc.constantFrom(1, 2) },
  );
  return fc.record({ shard: fc.nat(shards - 1), kind });
};
const legsOver = (shards: number, maxLength: number): fc.Arbitrary<Leg[]> => {
  const amount = fc.bigInt({ min: 1n, max: 30n });
  const leg = fc.record({
    from: side(shards, maxLength),
    to: side(shards, maxLength),
    asset: fc.constantFrom(0, 1),
    amount,
  });
  return fc.array(leg, { minLength: 1, maxLength, size: 'max' }).map((legs) =>
    legs.map(({ from, to, asset, amount: units }) => ({
      debit: accountOf(from.shard, from.kind, asset),
      credit: accountOf(to.shard, to.kind, asset),
      amount: units,
      asset: ASSETS[asset === 0 ? 0 : 1],
    })),
  );
};

/** The scheduler's choices; where they end, everything goes well. */
const choicesOf = (maxLength: number) => fc.array(fc.nat(KINDS * 64 - 1), { maxLength, size: 'max' });

/** Whether it is a hold, and of one whether its debits lie on one shard. */
const HELD = ['no', 'together', 'apart'] as const;
type Held = (typeof HELD)[number];

/** Of a hold: every debit on the first one's shard. */
const heldTogether = (legs: readonly Leg[]): Leg[] => {
  const shard = legs[0] === undefined ? 0 : bucketOf(legs[0].debit);
  return legs.map((leg) => ({ ...leg, debit: accountOf(shard, 0, ASSETS.indexOf(leg.asset as never)) }));
};

/** What the runs came to: that they were no runs past the point. */
export interface SagaTally {
  posted: number;
  canceled: number;
  readonly faults: Map<string, number>;
}

export interface SagaWorldSize {
  /** At least, and at most. */
  readonly shards: readonly [number, number];
  readonly legs: number;
  readonly transfers: number;
  /** Most choices of the scheduler; if not said, 160. */
  readonly choices?: number;
}

/**
 * Runs random transfers over random schedules until all have ended.
 * @throws Error with the smallest case found in which a promise is broken
 */
export async function checkSagas(
  parts: SagaParts,
  size: SagaWorldSize,
  options: fc.Parameters<[[number, { readonly legs: Leg[]; readonly hold: Held }[]], number[]]>,
): Promise<SagaTally> {
  const tally: SagaTally = { posted: 0, canceled: 0, faults: new Map() };
  const world = fc.integer({ min: size.shards[0], max: size.shards[1] }).chain((shards) =>
    fc.tuple(
      fc.constant(shards),
      fc.array(fc.record({ legs: legsOver(shards, size.legs), hold: fc.constantFrom(...HELD) }), {
        minLength: 1,
        maxLength: size.transfers,
      }),
    ),
  );
  const property = fc.asyncProperty(world, choicesOf(size.choices ?? 160), async ([shards, list], some) => {
    const simulation = simulationOf(shards, some, parts);
    for (const [n, { legs, hold }] of list.entries()) {
      const bucket = legs[0] === undefined ? 0 : bucketOf(legs[0].debit);
      const id = transferIdOf(bucket, keyDigest(TENANT, 'client', `${n}`));
      if (hold === 'no') simulation.begin(id, legs);
      else simulation.hold(id, hold === 'together' ? heldTogether(legs) : legs);
    }
    await simulation.run();
    const { posted, canceled } = simulation.checkEnd();
    tally.posted += posted;
    tally.canceled += canceled;
    for (const [fault, n] of simulation.faults) tally.faults.set(fault, (tally.faults.get(fault) ?? 0) + n);
  });
  await fc.assert(property, options);
  return tally;
}
