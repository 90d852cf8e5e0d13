import assert from 'node:assert/strict';
import type { Command } from '../../src/domain/command.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import {
  type AccountId,
  bucketOf,
  keyDigest,
  type TenantId,
  type TransferId,
  transferIdOf,
} from '../../src/domain/ids.js';
import type { Outcome } from '../../src/domain/outcome.js';
import type { MemoryState } from '../../src/domain/state.js';
import { type FollowUp, type Leg, legsAt, type Part, type Plan } from '../../src/domain/transfer.js';

/** What follow-ups need of the simulation that they happen in. */
export interface FollowUpWorld {
  at(shard: number): MemoryState;
  shards(): readonly MemoryState[];
  put(
    shard: number,
    command: Exclude<Command, { kind: 'linked' }>,
  ): { readonly outcome: Outcome; readonly events: readonly LedgerEvent[] };
  /** A saga has begun. */
  begun(id: TransferId, plan: Plan, follows: FollowUp, deadline: string): void;
  deadline(): string;
  /** What became of a transfer at its coordinator. */
  endAt(shard: number, id: TransferId): 'posted' | 'canceled' | undefined;
}

interface Known {
  readonly id: TransferId;
  /** Its coordinator. */
  readonly shard: number;
}
interface Taken extends Known {
  readonly kind: FollowUp['kind'];
  readonly of: TransferId;
  readonly parts: readonly Part[];
  readonly final: boolean;
  /** Of one that was posted at once. */
  readonly legs?: readonly Leg[];
}

/** That there is a time is all that a kernel looks at. */
export const EXPIRES = '2026-02-01T00:00:00.000Z';

/**
 * Holds, and what is done to earlier transfers: captures, voids, expiries and reversals, at any moment, also of what they
 * themselves made. Keeps a list of what was taken of what, and compares the shards' own figures with its sums.
 */
export class SimulatedFollowUps {
  private readonly holds: Known[] = [];
  private readonly targets: Known[] = [];
  private readonly taken: Taken[] = [];
  private count = 0;

  constructor(
    private readonly tenant: TenantId,
    private readonly world: FollowUpWorld,
  ) {}

  /** A hold whose debits all lie on the coordinator's shard. */
  hold(id: TransferId, plan: Plan): void {
    const { tenant } = this;
    const { coordinator: shard } = plan;
    const legs = legsAt(plan, shard, tenant);
    const { outcome } = this.world.put(shard, {
      kind: 'hold',
      tenant,
      transfer: id,
      legs,
      plan,
      expiresAt: EXPIRES,
    });
    if (outcome.kind === 'recorded' && outcome.result === 'done') this.holds.push({ id, shard });
  }

  /** One with debits on several shards, which is being made. */
  made(id: TransferId, shard: number): void {
    this.holds.push({ id, shard });
  }

  /** That may be reversed, whatever becomes of it. */
  target(id: TransferId, shard: number): void {
    this.targets.push({ id, shard });
  }

  reverse(pick: number): void {
    const original = this.targets[pick % Math.max(1, this.targets.length)];
    if (original === undefined) return;
    const { plan, first } = this.world.at(original.shard).transfer(original.id) ?? {};
    const command = { kind: 'reverse', original: original.id, ...this.common(original) } as const;
    this.carryOut(original, 'reversal', { ...command, ...this.parts((plan ?? first)?.legs ?? []) });
  }

  capture(pick: number): void {
    const hold = this.holds[pick % Math.max(1, this.holds.length)];
    if (hold === undefined) return;
    const { plan, first } = this.world.at(hold.shard).transfer(hold.id) ?? {};
    const legs = (plan ?? first)?.legs ?? [];
    const command = { kind: 'capture', hold: hold.id, final: pick % 5 === 0, ...this.common(hold) } as const;
    this.carryOut(hold, 'capture', { ...command, ...this.parts(legs) });
  }

  /** Voids it, or lets it expire. */
  free(pick: number): void {
    const { tenant } = this;
    const hold = this.holds[pick % Math.max(1, this.holds.length)];
    if (hold === undefined) return;
    const { transfer: operation } = this.common(hold);
    if (pick % 2 === 0) this.world.put(hold.shard, { kind: 'expire', tenant, hold: hold.id });
    else this.world.put(hold.shard, { kind: 'void', tenant, operation, hold: hold.id });
  }

  freeAll(): void {
    for (const { id: hold, shard } of this.holds)
      this.world.put(shard, { kind: 'expire', tenant: this.tenant, hold });
  }

  /** Nothing is taken twice, lost or forgotten: of every leg, what was taken is what its shard says. */
  check(): void {
    const sums = this.sums();
    const sum = (kind: FollowUp['kind'], of: TransferId, leg: number, end: 'posted' | undefined): bigint =>
      sums.get(`${kind} ${of} ${leg} ${end}`) ?? 0n;
    for (const { id, shard } of this.holds) {
      const { hold = [], plan, first, last } = this.world.at(shard).transfer(id) ?? {};
      for (const [leg, { remaining, capturing, captured }] of hold.entries()) {
        const { amount = 0n } = (plan ?? first)?.legs[leg] ?? {};
        assert.equal(capturing, sum('capture', id, leg, undefined), `capturing of ${id}`);
        assert.equal(captured, sum('capture', id, leg, 'posted'), `captured of ${id}`);
        assert.ok(remaining >= 0n && remaining + capturing + captured <= amount, `more than ${id} holds`);
        if (last === undefined) assert.equal(remaining + capturing + captured, amount, `part of ${id}`);
        // What ends by its captures was captured whole, unless one of them was to be the last.
        if (last?.step === 'capture' && !this.hasFinal(id)) assert.equal(captured, amount, `end of ${id}`);
      }
    }
    for (const { id, shard } of this.targets) {
      const { plan, first, reversed, reversing } = this.world.at(shard).transfer(id) ?? {};
      for (const [leg, { amount }] of ((plan ?? first)?.legs ?? []).entries()) {
        const [done, underWay] = [sum('reversal', id, leg, 'posted'), sum('reversal', id, leg, undefined)];
        assert.equal(reversed?.[leg] ?? 0n, done, `reversed of ${id}`);
        assert.equal(reversing?.[leg] ?? 0n, underWay, `reversing of ${id}`);
        assert.ok(done + underWay <= amount, `more is moved back than ${id} moved`);
      }
    }
  }

  /** What those moved that needed no other shard. */
  *postedAtOnce(): Generator<Leg> {
    for (const { legs } of this.taken) if (legs !== undefined) yield* legs;
  }

  /** What holds set aside of accounts' debits: on their coordinators by what is left of them, elsewhere step by step. */
  *held(): Generator<readonly [AccountId, bigint]> {
    for (const { id, shard } of this.holds) {
      const { hold, plan, first, last } = this.world.at(shard).transfer(id) ?? {};
      for (const [leg, { debit, amount }] of ((plan ?? first)?.legs ?? []).entries()) {
        if (plan !== undefined && plan.legs[leg]?.debitShard !== shard) continue;
        const { capturing, remaining } = hold?.[leg] ?? { capturing: 0n, remaining: amount };
        const isMade = first?.result === 'done';
        if (isMade) yield [debit, capturing + (last === undefined ? remaining : 0n)];
      }
    }
    for (const state of this.world.shards()) yield* heldElsewhere(state);
  }

  private carryOut(
    { id: of, shard }: Known,
    kind: FollowUp['kind'],
    command: Extract<Command, { kind: 'capture' | 'reverse' }>,
  ): void {
    const { outcome, events } = this.world.put(shard, command);
    if (outcome.kind === 'refused' || outcome.result !== 'done') return;
    // Before it there may be in-transit accounts, and the release of what a final capture frees elsewhere.
    const event = events.at(-1);
    const { transfer: id } = command;
    this.target(id, shard);
    const { follows } = event?.type === 'transfer.tried' ? event : {};
    if (event?.type === 'transfer.tried' && follows !== undefined && event.intent !== undefined) {
      const { plan, deadline } = event.intent;
      const final = follows.kind === 'capture' && follows.final;
      this.taken.push({ id, shard, kind, of, final, parts: follows.parts });
      this.world.begun(id, plan, follows, deadline);
    } else if (event?.type === 'transfer.captured' || event?.type === 'transfer.posted') {
      const final = event.type === 'transfer.captured' && event.final;
      this.taken.push({ id, shard, kind, of, final, parts: event.parts ?? [], legs: event.legs });
    }
  }

  private hasFinal(hold: TransferId): boolean {
    return this.taken.some(
      ({ of, final, legs, shard, id }) =>
        of === hold && final && (legs !== undefined || this.world.endAt(shard, id) === 'posted'),
    );
  }

  /** What was taken of each leg, by what became of it. */
  private sums(): Map<string, bigint> {
    const sums = new Map<string, bigint>();
    for (const { id, shard, kind, of, parts, legs } of this.taken) {
      const end = legs === undefined ? this.world.endAt(shard, id) : 'posted';
      for (const { leg, amount } of parts) {
        const name = `${kind} ${of} ${leg} ${end}`;
        sums.set(name, (sums.get(name) ?? 0n) + amount);
      }
    }
    return sums;
  }

  private common({ id }: Known) {
    this.count += 1;
    const digest = keyDigest(this.tenant, 'client', `follow-up ${this.count}`);
    const transfer = transferIdOf(bucketOf(id), digest);
    return { tenant: this.tenant, transfer, deadline: this.world.deadline() };
  }

  /** All that is left, or some of one leg, or all of one, or some of two. */
  private parts(legs: readonly Leg[]): { readonly parts?: Part[] } {
    const leg = this.count % Math.max(1, legs.length);
    const other = (leg + 1) % Math.max(1, legs.length);
    const some = BigInt(1 + (this.count % 11));
    if (this.count % 4 === 0) return {};
    if (this.count % 4 === 1) return { parts: [{ leg, amount: some }] };
    if (this.count % 4 === 2) return { parts: [{ leg, amount: legs[leg]?.amount ?? 1n }] };
    const parts = [{ leg, amount: some }];
    return { parts: other === leg ? parts : [...parts, { leg: other, amount: some }] };
  }
}

/** What a shard that does not coordinate a hold has set aside for it, and not posted or freed. */
function* heldElsewhere({ transfers }: MemoryState): Generator<readonly [AccountId, bigint]> {
  for (const { first, last, purpose, coordinates } of transfers.values()) {
    if (coordinates || purpose === undefined || first?.result !== 'done' || last?.step === 'cancel') continue;
    const isOver = first.step === 'pivot' || last?.step === 'confirm';
    for (const { debit, amount, inTransit } of first.legs) {
      if (inTransit?.side === 'debit') continue;
      if (purpose === 'hold') yield [debit, amount];
      else if (isOver) yield [debit, -amount];
    }
  }
}
