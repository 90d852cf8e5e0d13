import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import type { Command, OpenAccount } from '../../src/domain/command.js';
import {
  type AccountId,
  keyDigest,
  type TenantId,
  type TransferId,
  transferIdOf,
} from '../../src/domain/ids.js';
import { debitPlanOf } from '../../src/domain/plan.js';
import { MemoryState } from '../../src/domain/state.js';
import {
  debitsAt,
  type FollowUp,
  type Intent,
  type Leg,
  type LocalLeg,
  legsAt,
  type Plan,
} from '../../src/domain/transfer.js';
import { routeOf } from '../../src/saga/plan.js';
import { answerOf, commandOf, type SagaStep } from '../../src/saga/step-command.js';
import type { SagaActivities, StepAnswer, StepItem, StepRequest } from '../../workflows/contract.js';
import type { SagaProtocol } from '../../workflows/saga-protocol.js';
import type { Kernel } from './kernel-checker.js';
import { checkBalances, checkPending } from './saga-books.js';
import { EXPIRES, type FollowUpWorld, SimulatedFollowUps } from './saga-follow-ups.js';
import { TransitBooks } from './saga-transit.js';

/** What is tried out: the real ones, or ones with a deliberate bug. */
export interface SagaParts {
  readonly Protocol: typeof SagaProtocol;
  readonly kernel: Kernel;
}

/** A transfer to be, with what the simulation knows of it. */
export interface SimulatedTransfer {
  readonly id: TransferId;
  readonly plan: Plan;
  readonly deadlineMs: number;
  readonly follows: FollowUp | undefined;
}
interface Run {
  readonly transfers: readonly TransferId[];
  dead: boolean;
}
/** A step that a run waits for. */
interface Pending {
  readonly run: Run;
  readonly step: SagaStep;
  readonly request: StepRequest;
  answer(answers: StepAnswer[]): void;
}

const STEPS = { tryStep: 'try', pivotStep: 'pivot', confirmStep: 'confirm', cancelStep: 'cancel' } as const;
/** What may happen next: 8 of 24 times the oldest step, or else a later one, as it should. */
export const KINDS = 24;
const MOST_STEPS = 20_000;
const DEADLINE_MS = 60_000;

/** Until every run waits for a step: ticks come after all promises that can be kept, and cost far less than a turn of the loop. */
const allWait = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/**
 * Sagas over real kernels in memory, under a scheduler that a list of numbers drives: steps are carried out in any
 * order, in part, twice, or late; their answers are lost; runs are killed and started again, two at once; the clock
 * jumps; accounts are frozen and closed; an operator cancels; holds are captured, voided and expire, and transfers are
 * reversed, at any of these moments. Without numbers left everything goes well, oldest first, so that a run always ends.
 */
export class SagaSimulation {
  private readonly shards: MemoryState[];
  private readonly sequences: number[];
  private readonly transfers: SimulatedTransfer[] = [];
  private readonly runs = new Set<Run>();
  private readonly accounts: { readonly shard: number; readonly account: AccountId }[] = [];
  private readonly pending: Pending[] = [];
  private readonly done: { readonly step: SagaStep; readonly request: StepRequest }[] = [];
  private changes = 0;
  /** Something was written since everything was checked. */
  private written = true;
  private refused = 0;
  private nowMs = Date.UTC(2026, 0, 1);
  /** How often each kind of fault came up. */
  readonly faults = new Map<string, number>();
  private readonly followUps: SimulatedFollowUps;
  private readonly transit: TransitBooks;

  constructor(
    shardCount: number,
    private readonly tenant: TenantId,
    private readonly shardOf: (account: AccountId) => number,
    private readonly choices: readonly number[],
    private readonly parts: SagaParts,
  ) {
    this.shards = Array.from({ length: shardCount }, (_, shard) => new MemoryState(shard));
    this.sequences = this.shards.map(() => 0);
    this.transit = new TransitBooks(tenant, this.shards);
    const world: FollowUpWorld = {
      at: (shard) => this.at(shard),
      shards: () => this.shards,
      put: (shard, command) => this.put(shard, command),
      begun: (id, plan, follows, deadline) => {
        this.transfers.push({ id, plan, follows, deadlineMs: Date.parse(deadline) });
      },
      deadline: () => new Date(this.nowMs + DEADLINE_MS).toISOString(),
      endAt: (shard, id) => this.partAt(shard, id),
    };
    this.followUps = new SimulatedFollowUps(tenant, world);
    this.shards.forEach((_, shard) => {
      this.put(shard, { kind: 'open_shard', cluster: 'test', buckets: [[0, 4095]] });
    });
  }

  open(shard: number, account: Omit<OpenAccount, 'kind' | 'tenant' | 'metadata'>): void {
    this.put(shard, { kind: 'open_account', tenant: this.tenant, metadata: {}, ...account });
    this.accounts.push({ shard, account: account.account });
  }

  put(shard: number, command: Exclude<Command, { kind: 'linked' }>) {
    const state = this.at(shard);
    const { outcome, events } = this.parts.kernel.decide(state, command, this.seq(shard) + 1);
    for (const event of events) {
      this.written = true;
      this.sequences[shard] = this.seq(shard) + 1;
      this.parts.kernel.evolve(state, event, this.seq(shard));
      // Whoever frees a hold begins this, in the same commit.
      if (event.type === 'transfer.tried' && event.follows?.kind === 'release' && event.intent)
        this.release(event.transfer, event.intent, event.follows);
    }
    return { outcome, events };
  }

  private release(id: TransferId, { plan, deadline }: Intent, follows: FollowUp): void {
    this.faults.set('release begun', (this.faults.get('release begun') ?? 0) + 1);
    this.transfers.push({ id, plan, deadlineMs: Date.parse(deadline), follows });
    this.followUps.target(id, plan.coordinator);
  }

  /** A hold: one commit where all of its debits lie on one shard, else a saga over those that they lie on. */
  hold(id: TransferId, legs: readonly Leg[]): void {
    const route = routeOf(legs, this.shardOf);
    if (route.kind === 'local') return;
    const { coordinator } = route.plan;
    const debits = debitPlanOf(coordinator, route.plan.legs);
    if (debits === undefined) this.followUps.hold(id, route.plan);
    else if (this.try(id, { ...debits, holds: true }, debitsAt(debits, coordinator, this.tenant)))
      this.followUps.made(id, coordinator);
  }

  /** Intake: false if the coordinator refuses it, or if it touches one shard only. */
  begin(id: TransferId, legs: readonly Leg[]): boolean {
    const route = routeOf(legs, this.shardOf);
    if (route.kind === 'local') return false;
    const { plan } = route;
    return this.try(id, plan, legsAt(plan, plan.coordinator, this.tenant));
  }

  /** The coordinator's try. */
  private try(id: TransferId, plan: Plan, own: readonly LocalLeg[]): boolean {
    const { coordinator } = plan;
    const deadlineMs = this.nowMs + DEADLINE_MS;
    const intent = { plan, deadline: new Date(deadlineMs).toISOString() };
    const { tenant } = this;
    const { outcome } = this.put(coordinator, {
      kind: 'try',
      tenant,
      transfer: id,
      legs: own,
      coordinator,
      intent,
      ...(plan.holds === true ? { expiresAt: EXPIRES } : {}),
    });
    if (outcome.kind === 'refused' || outcome.result !== 'done') return false;
    this.transfers.push({ id, plan, deadlineMs, follows: undefined });
    this.followUps.target(id, coordinator);
    return true;
  }

  /** Lets everything happen until every transfer has ended and nobody waits for anything. */
  async run(): Promise<void> {
    // Once in a run everybody else in this process gets a turn.
    await setImmediate();
    let freed = false;
    for (let i = 0; i < MOST_STEPS; i += 1) {
      const choice = this.choices[i] ?? 0;
      this.start(false);
      await allWait();
      if (i >= this.choices.length && this.pending.length === 0 && this.openIntents().length === 0) {
        this.checkAlways();
        if (freed) return;
        this.followUps.freeAll();
        freed = true;
      }
      this.act(choice % KINDS, Math.floor(choice / KINDS));
      await allWait();
      this.checkAlways();
    }
    throw new Error(`sagas that do not end: ${this.openIntents().map(({ id }) => id)}`);
  }

  private act(kind: number, pick: number): void {
    const next = this.pending[pick % Math.max(1, this.pending.length)];
    const count = (fault: string): unknown => this.faults.set(fault, (this.faults.get(fault) ?? 0) + 1);
    if (kind === 9 && next !== undefined) {
      count('killed between two commits of a step');
      const { items } = next.request;
      this.carryOut(next.step, {
        ...next.request,
        items: items.slice(0, (pick % items.length) + 1).reverse(),
      });
    } else if (kind === 10 && next !== undefined) {
      count('answer lost');
      this.carryOut(next.step, next.request);
    } else if (kind === 11 && this.done.length > 0) {
      const late = this.done[pick % this.done.length];
      count('step carried out again, late');
      if (late !== undefined) this.carryOut(late.step, late.request);
    } else if (kind === 12 && this.runs.size > 0) {
      count('workflow lost');
      const run = [...this.runs][pick % this.runs.size];
      if (run !== undefined) this.kill(run);
    } else if (kind === 13) {
      count('second workflow on a transfer');
      this.start(true);
    } else if (kind === 14) {
      count('clock past the deadlines');
      this.nowMs += DEADLINE_MS / 2;
    } else if (kind === 8 && this.accounts.length > 0) {
      count('account frozen, thawed or closed');
      this.changeAccount(pick);
    } else if (kind === 15 && this.transfers.length > 0) {
      const transfer = this.transfers[pick % this.transfers.length];
      count('canceled by an operator');
      // Of what only goes forward the operator's command says so.
      if (transfer !== undefined && transfer.follows?.kind !== 'release') this.cancelAtPivot(transfer);
    } else if (kind === 16 || kind === 17) {
      this.followUps.reverse(pick);
    } else if (kind === 18 || kind === 19) {
      this.followUps.capture(pick);
    } else if (kind === 20) {
      count('hold voided or expired');
      this.followUps.free(pick);
    } else if (next !== undefined) {
      this.pending.splice(this.pending.indexOf(next), 1);
      this.done.push({ step: next.step, request: next.request });
      next.answer(this.carryOut(next.step, next.request));
    }
  }

  /** The pump: a run for the open transfers of one route that no living run has; `again`: also those that one has. */
  private start(again: boolean): void {
    const busy = new Set([...this.runs].flatMap(({ transfers }) => transfers));
    const waiting = new Map<string, SimulatedTransfer[]>();
    for (const transfer of this.openIntents()) {
      if (busy.has(transfer.id) && !again) continue;
      const { coordinator, participants } = transfer.plan;
      const route = [coordinator, ...participants].join('>');
      waiting.set(route, [...(waiting.get(route) ?? []), transfer]);
    }
    for (const batch of waiting.values()) this.startRun(batch);
  }

  private startRun(batch: readonly SimulatedTransfer[]): void {
    const run: Run = { transfers: batch.map(({ id }) => id), dead: false };
    const { coordinator = 0, participants = [] } = batch[0]?.plan ?? {};
    const transfers = batch.map(({ id, deadlineMs }) => ({
      id,
      deadline: new Date(deadlineMs).toISOString(),
    }));
    const ask = (step: SagaStep) => (request: StepRequest) =>
      new Promise<StepAnswer[]>((answer) => {
        if (!run.dead) this.pending.push({ run, step, request, answer });
      });
    const ledger = Object.fromEntries(
      Object.entries(STEPS).map(([name, step]) => [name, ask(step)]),
    ) as unknown as SagaActivities;
    const world = { ledger, now: () => this.nowMs };
    this.runs.add(run);
    void new this.parts.Protocol({ coordinator, participants, transfers }, world).run().then(({ broken }) => {
      this.runs.delete(run);
      this.refused += broken;
    });
  }

  private kill(run: Run): void {
    run.dead = true;
    this.runs.delete(run);
    const left = this.pending.filter((one) => one.run !== run);
    this.pending.splice(0, this.pending.length, ...left);
  }

  private carryOut(step: SagaStep, { shard, items }: StepRequest): StepAnswer[] {
    return items.map((item) => {
      const transfer = item.transfer as TransferId;
      const { outcome } = this.put(shard, this.commandOf(step, shard, transfer, item));
      return answerOf(transfer, shard, outcome);
    });
  }

  private commandOf(step: SagaStep, shard: number, id: TransferId, item: StepItem) {
    const transfer = this.transfers.find((one) => one.id === id);
    if (transfer === undefined) throw new Error(`${id} was never begun`);
    const { plan, follows } = transfer;
    return commandOf(step, shard, id, { tenant: this.tenant, plan, follows, effectiveAt: undefined }, item);
  }

  private cancelAtPivot({ id, plan: { participants, coordinator } }: SimulatedTransfer): void {
    const reason = { code: 'operator' } as const;
    const { tenant } = this;
    this.put(participants.at(-1) ?? 0, { kind: 'cancel', tenant, transfer: id, coordinator, reason });
  }

  private changeAccount(pick: number): void {
    const { shard, account } = this.accounts[pick % this.accounts.length] ?? { shard: 0, account: undefined };
    if (account === undefined) return;
    this.changes += 1;
    const operation = transferIdOf(0, keyDigest(this.tenant, 'client', `change ${this.changes}`));
    const status = (['frozen', 'open', 'closed', 'frozen_credits'] as const)[this.changes % 4] ?? 'open';
    this.put(shard, { kind: 'change_account', tenant: this.tenant, operation, account, change: { status } });
  }

  /** What the coordinator's list of intents would hold. */
  private openIntents(): SimulatedTransfer[] {
    return this.transfers.filter(({ id, plan }) => this.partAt(plan.coordinator, id) === undefined);
  }

  /** `posted`, `canceled` or undefined: what one shard has made of its part of a transfer. */
  private partAt(shard: number, id: TransferId): 'posted' | 'canceled' | undefined {
    const { first, last, heldBy } = this.at(shard).transfer(id) ?? {};
    if (first?.result === 'rejected' || last?.step === 'cancel') return 'canceled';
    const confirmed = last?.step === 'confirm' || heldBy !== undefined;
    return confirmed || first?.step === 'pivot' ? 'posted' : undefined;
  }

  /** P1 and P6 at every instant: no transfer is both, and what is in transit is what one side has and the other not. */
  private checkAlways(): void {
    assert.equal(this.refused, 0, 'confirms and cancels are never refused');
    // Books that nobody wrote to are as they were checked.
    if (!this.written) return;
    this.written = false;
    for (const { id, plan, follows } of this.transfers) {
      const shards = [plan.coordinator, ...plan.participants];
      const parts = new Map(shards.map((shard) => [shard, this.partAt(shard, id)]));
      const ends = new Set(parts.values());
      assert.ok(!(ends.has('posted') && ends.has('canceled')), `P6: ${id} is posted and canceled`);
      assert.ok(!(follows?.kind === 'release' && ends.has('canceled')), `release ${id} is canceled`);
      if (!isMoving({ plan, follows })) continue;
      const isPosted = (shard: number): boolean => parts.get(shard) === 'posted';
      for (const leg of plan.legs) this.transit.add(leg, isPosted(leg.debitShard), isPosted(leg.creditShard));
    }
    this.followUps.check();
    checkPending(this.shards, this.followUps.held());
    this.transit.check();
  }

  /** At the end: nothing is pending or in transit, and every transfer is posted everywhere or canceled everywhere. */
  checkEnd(): { readonly posted: number; readonly canceled: number } {
    for (const state of this.shards) {
      for (const { id, counters } of state.accounts.values()) {
        assert.deepEqual([counters.debitsPending, counters.creditsPending], [0n, 0n], `pending on ${id}`);
      }
    }
    const moved = this.transfers.filter(
      (one) => isMoving(one) && this.partAt(one.plan.coordinator, one.id) === 'posted',
    );
    checkBalances(this.shards, [...moved.flatMap(({ plan }) => plan.legs), ...this.followUps.postedAtOnce()]);
    let posted = 0;
    for (const { id, plan } of this.transfers) {
      const ends = new Set([plan.coordinator, ...plan.participants].map((shard) => this.partAt(shard, id)));
      // A shard that a cancel found untouched has a tombstone or nothing at all.
      if (ends.has('posted')) assert.deepEqual([...ends], ['posted'], `${id} is not posted everywhere`);
      else assert.ok(ends.has('canceled'), `${id} has no end`);
      if (ends.has('posted')) posted += 1;
    }
    for (const { plan, id, follows } of this.transfers) {
      const kind = follows?.kind ?? (plan.holds === true ? 'hold' : undefined);
      if (kind === undefined || kind === 'release') continue;
      const end = this.partAt(plan.coordinator, id) === 'posted' ? 'posted' : 'canceled';
      const name = `${kind} ${end}`;
      this.faults.set(name, (this.faults.get(name) ?? 0) + 1);
    }
    return { posted, canceled: this.transfers.length - posted };
  }

  private at(shard: number): MemoryState {
    const state = this.shards[shard];
    if (state === undefined) throw new RangeError(`there is no shard ${shard}`);
    return state;
  }

  private seq = (shard: number): number => this.sequences[shard] ?? 0;
}

/** Whether anything of it is posted: a hold and what frees it only set aside and free. */
const isMoving = ({ plan, follows }: Pick<SimulatedTransfer, 'plan' | 'follows'>): boolean =>
  plan.holds !== true && follows?.kind !== 'release';
