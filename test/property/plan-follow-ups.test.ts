import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CaptureHold, Command, ReverseTransfer } from '../../src/domain/command.js';
import { decide } from '../../src/domain/decide.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import { evolve } from '../../src/domain/evolve.js';
import {
  type AccountId,
  accountIdOf,
  bucketOf,
  keyDigest,
  type TransferId,
  tenantId,
  transferIdOf,
} from '../../src/domain/ids.js';
import { debitPlanOf } from '../../src/domain/plan.js';
import { MemoryState } from '../../src/domain/state.js';
import { debitsAt, type Leg, legsAt, type Part, type Plan, pivotOf } from '../../src/domain/transfer.js';
import { routeOf } from '../../src/saga/plan.js';
import { checkParts, checkRoute } from '../support/check-plan.js';
import { type Layout, layoutsOf } from '../support/layouts.js';

/*
 * P6: what a coordinator plans for captures of its holds and for reversals, over random layouts. Method: the real kernel
 * of the coordinator's shard alone, which makes these plans from the earlier transfer's; each is carried through there.
 */
const TENANT = tenantId('acme');
const RUNS = { numRuns: 500 } as const;
const DEADLINE = '2100-01-01T00:00:00.000Z';

/** What to take of the earlier transfer, in turn: of one leg or some a share in percent of what is left, at least 1. */
const takes = fc.array(
  fc.record({
    legs: fc.oneof(fc.tuple(fc.nat(4)), fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 12 })),
    share: fc.integer({ min: 1, max: 100 }),
  }),
  { maxLength: 4 },
);
type Take = { readonly legs: readonly number[]; readonly share: number };

class Coordinator {
  readonly state: MemoryState;
  private seq = 0;
  private count = 0;

  constructor(
    readonly shard: number,
    { legs, shardOf }: Layout,
  ) {
    this.state = new MemoryState(shard);
    this.put({ kind: 'open_shard', cluster: 'test', buckets: [[0, 4095]] });
    const here = new Map<AccountId, Leg['asset']>();
    for (const { debit, credit, asset } of legs)
      for (const id of [debit, credit]) if (shardOf(id) === shard) here.set(id, asset);
    for (const [account, asset] of here) {
      const limits = { minBalance: null, maxBalance: null };
      this.put({ kind: 'open_account', tenant: TENANT, account, asset, limits, metadata: {} });
    }
  }

  put(command: Exclude<Command, { kind: 'linked' }>): LedgerEvent[] {
    const { outcome, events } = decide(this.state, command, this.seq + 1);
    expect(outcome).toMatchObject({ result: 'done' });
    for (const event of events) {
      this.seq += 1;
      evolve(this.state, event, this.seq);
    }
    return [...events];
  }

  nextId(account: AccountId): TransferId {
    this.count += 1;
    return transferIdOf(bucketOf(account), keyDigest(TENANT, 'client', `${this.count}`));
  }

  /** A transfer over all of its shards, posted as far as the coordinator is concerned. */
  post(plan: Plan): TransferId {
    const { coordinator } = plan;
    const transfer = this.nextId(plan.legs[0]?.debit as AccountId);
    const common = { tenant: TENANT, transfer } as const;
    const intent = { plan, deadline: DEADLINE };
    this.put({ kind: 'try', ...common, legs: legsAt(plan, coordinator, TENANT), coordinator, intent });
    this.put({ kind: 'confirm', ...common });
    return transfer;
  }

  hold(plan: Plan): TransferId {
    const transfer = this.nextId(plan.legs[0]?.debit as AccountId);
    const common = { tenant: TENANT, transfer } as const;
    const legs = debitsAt(plan, this.shard, TENANT);
    const debits = debitPlanOf(this.shard, plan.legs);
    if (debits === undefined) {
      this.put({ kind: 'hold', ...common, plan, legs });
      return transfer;
    }
    // Each debited shard takes part, and no other.
    const debited = new Set(plan.legs.map(({ debitShard }) => debitShard)).add(this.shard);
    expect([debits.coordinator, ...debits.participants].sort()).toEqual([...debited].sort());
    expect(pivotOf(debits)).not.toBe(this.shard);
    const intent = { plan: { ...debits, holds: true as const }, deadline: DEADLINE };
    this.put({ kind: 'try', ...common, legs, coordinator: this.shard, intent });
    this.put({ kind: 'confirm', ...common });
    return transfer;
  }

  /** What it plans for it, if other shards are needed; carried through. */
  followUp(command: CaptureHold | ReverseTransfer): {
    readonly plan?: Plan;
    readonly parts: readonly Part[];
  } {
    const event = this.put(command).at(-1);
    if (event?.type === 'transfer.tried' && event.intent !== undefined && event.follows !== undefined) {
      this.put({ kind: 'confirm', tenant: TENANT, transfer: command.transfer });
      return { plan: event.intent.plan, parts: event.follows.parts };
    }
    if (event?.type === 'transfer.captured' || event?.type === 'transfer.posted')
      return { parts: event.parts ?? [] };
    throw new Error(`a follow-up came to ${event?.type}`);
  }
}

const partsOf = ({ legs, share }: Take, left: readonly bigint[]): Part[] =>
  legs.flatMap((leg) => {
    const rest = left[leg] ?? 0n;
    if (rest === 0n) return [];
    const amount = (rest * BigInt(share)) / 100n;
    return [{ leg, amount: amount === 0n ? 1n : amount }];
  });

const movedBack = ({ debit, credit, amount, asset }: Leg): Leg => ({
  debit: credit,
  credit: debit,
  amount,
  asset,
});

/**
 * Takes parts of an earlier transfer until nothing is left, and checks each plan. `asMoved`: the legs that a follow-up moves.
 * How often it needed other shards, and how often not.
 */
function checkFollowUps(
  coordinator: Coordinator,
  { legs, shardOf }: Layout,
  asked: readonly Take[],
  command: (parts: readonly Part[] | undefined) => CaptureHold | ReverseTransfer,
  asMoved: (leg: Leg) => Leg = (leg) => leg,
): { across: number; local: number } {
  const left = legs.map(({ amount }) => amount);
  const tally = { across: 0, local: 0 };
  const take = (parts: readonly Part[] | undefined): void => {
    const followUp = coordinator.followUp(command(parts));
    const rest = left.flatMap((amount, leg) => (amount > 0n ? [{ leg, amount }] : []));
    expect(followUp.parts).toEqual(parts ?? rest);
    const moved = followUp.parts.map(({ leg, amount }) => asMoved({ ...(legs[leg] as Leg), amount }));
    for (const { leg, amount } of followUp.parts) left[leg] = (left[leg] ?? 0n) - amount;
    const touched = moved.flatMap(({ debit, credit }) => [shardOf(debit), shardOf(credit)]);
    const needsOthers = touched.some((shard) => shard !== coordinator.shard);
    expect(followUp.plan !== undefined).toBe(needsOthers);
    if (followUp.plan === undefined) {
      tally.local += 1;
      return;
    }
    tally.across += 1;
    checkRoute(followUp.plan, coordinator.shard, moved, shardOf);
    checkParts(followUp.plan, moved, shardOf, TENANT);
  };
  for (const one of asked) {
    const parts = partsOf(one, left);
    if (parts.length > 0) take(parts);
  }
  if (left.some((amount) => amount > 0n)) take(undefined);
  expect(left.every((amount) => amount === 0n)).toBe(true);
  return tally;
}

describe('the plan of a follow-up', () => {
  /** Runs over layouts that need other shards at all; follow-ups that do and that do not both come up. */
  const check = (way: (layout: Layout, plan: Plan, asked: Take[]) => { across: number; local: number }) => {
    const sum = { across: 0, local: 0 };
    const property = fc.property(layoutsOf(TENANT), takes, (layout, asked) => {
      const route = routeOf(layout.legs, layout.shardOf);
      if (route.kind === 'local') return;
      const { across, local } = way(layout, route.plan, asked);
      sum.across += across;
      sum.local += local;
    });
    fc.assert(property, RUNS);
    expect(sum.across).toBeGreaterThan(500);
    expect(sum.local).toBeGreaterThan(10);
  };
  const command = (on: Coordinator, of: TransferId, parts: readonly Part[] | undefined) => ({
    tenant: TENANT,
    transfer: on.nextId(accountIdOf(bucketOf(of), keyDigest(TENANT, 'client', of))),
    deadline: DEADLINE,
    ...(parts === undefined ? {} : { parts }),
  });
  const reversal =
    (on: Coordinator, original: TransferId) =>
    (parts: readonly Part[] | undefined): ReverseTransfer => ({
      kind: 'reverse',
      original,
      ...command(on, original, parts),
    });
  const capture =
    (on: Coordinator, hold: TransferId) =>
    (parts: readonly Part[] | undefined): CaptureHold => ({
      kind: 'capture',
      hold,
      final: false,
      ...command(on, hold, parts),
    });
  /** All debits on the first one's shard, as a hold needs them. */
  const heldTogether = ({ legs, shardOf, ...layout }: Layout): Layout => {
    const payer = legs[0]?.debit as AccountId;
    const instead = (asset: Leg['asset']): AccountId =>
      accountIdOf(bucketOf(payer), keyDigest(TENANT, 'client', `payer ${asset}`));
    const together = legs.map((leg) =>
      shardOf(leg.debit) === shardOf(payer) ? leg : { ...leg, debit: instead(leg.asset) },
    );
    return { ...layout, legs: together, shardOf };
  };

  it('of a reversal: the legs back, from every shard that was credited, at the original’s coordinator', () => {
    check((layout, plan, asked) => {
      const on = new Coordinator(plan.coordinator, layout);
      return checkFollowUps(on, layout, asked, reversal(on, on.post(plan)), movedBack);
    });
  });

  it('of a capture: its parts of the hold, at the hold’s coordinator, to every shard that is credited', () => {
    check((apart, _, asked) => {
      const layout = heldTogether(apart);
      const route = routeOf(layout.legs, layout.shardOf);
      if (route.kind === 'local') return { across: 0, local: 0 };
      const on = new Coordinator(route.plan.coordinator, layout);
      return checkFollowUps(on, layout, asked, capture(on, on.hold(route.plan)));
    });
  });

  it('of a capture of a hold with debits on several shards: likewise, from every shard that is debited', () => {
    check((layout, plan, asked) => {
      const on = new Coordinator(plan.coordinator, layout);
      return checkFollowUps(on, layout, asked, capture(on, on.hold(plan)));
    });
  });

  it('of the reversal of a capture: as of any other', () => {
    check((apart, _, asked) => {
      const layout = heldTogether(apart);
      const route = routeOf(layout.legs, layout.shardOf);
      if (route.kind === 'local') return { across: 0, local: 0 };
      const on = new Coordinator(route.plan.coordinator, layout);
      const all = capture(on, on.hold(route.plan))(undefined);
      on.followUp(all);
      return checkFollowUps(on, layout, asked, reversal(on, all.transfer), movedBack);
    });
  });
});
