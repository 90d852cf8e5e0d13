import { DivergenceError } from './divergence.js';
import type { LegData, PlanData } from './journal-event.js';
import type { Later } from './later.js';
import type { SagaFact } from './saga-facts.js';
import {
  inOrder,
  isOfDebits,
  type Purpose,
  participantsOf,
  plannedLegs,
  purposeIn,
  writtenLegs,
} from './saga-legs.js';

/** Tried and neither decided nor canceled, or decided and not posted everywhere: listed, not a fault. */
export interface InDoubt {
  readonly transfer: string;
  readonly tenant: string;
  /** Of a hold that is decided and not everywhere held yet, `holding`; of what frees one, `freeing`. */
  readonly state: 'undecided' | 'in_transit' | 'holding' | 'freeing';
  readonly amount: string;
  readonly asset: string;
  readonly shards: readonly number[];
}

/** Posted through an in-transit account, of a transfer that has not ended. */
export interface OnTheWay {
  readonly tenant: string;
  readonly asset: string;
  readonly pair: readonly [number, number];
  readonly amount: bigint;
}

type CarriedPart = readonly [shard: number, part: Part];
type PartState = 'tried' | 'posted' | 'canceled' | 'rejected';
interface Part {
  readonly state: PartState;
  readonly seq: number;
  /** The step or the intent that it followed. */
  readonly cause: string | undefined;
  /** As this shard's books see them; a confirm's are its try's, and so is what they are for. */
  readonly legs: readonly LegData[];
  readonly purpose: Purpose;
  /** The hold that it captures or frees. */
  readonly of: string | undefined;
}
interface Saga {
  tenant: string;
  plan: PlanData | undefined;
  /** As its coordinator says it. */
  purpose: Purpose | undefined;
  of: string | undefined;
  pivotedBy: number | undefined;
  readonly parts: Map<number, Part>;
}

/** Transfers over several shards, put together from the shards' journals: P6. */
export class Sagas {
  private readonly open = new Map<string, Saga>();
  /** What one shard says against another's word: only worth telling where both shards' own journals hold. */
  fault: DivergenceError | undefined;
  ended = 0;
  /** Of what is in doubt: steps that followed what was not read of another shard. */
  readonly later: Later[] = [];

  see(shard: number, event: SagaFact): void {
    try {
      this.take(shard, event);
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      this.fault ??= error;
    }
  }

  private take(shard: number, event: SagaFact): void {
    const seq = Number(event.sequence);
    const { transfer } = event.data;
    const state = stateOf(event);
    if (transfer === undefined || state === undefined) return;
    const saga = this.open.get(transfer) ?? newSaga(event.tenant ?? '');
    this.open.set(transfer, saga);
    const before = saga.parts.get(shard);
    const first = event.data.legs !== undefined || before === undefined;
    const purpose = first ? purposeIn(event.data) : before.purpose;
    const of = first ? (event.data.releases ?? event.data.hold) : before.of;
    if (event.data.intent !== undefined) {
      saga.plan = event.data.intent.plan;
      saga.purpose = purpose;
      saga.of = of;
    }
    if (event.type === 'saldo.transfer.pivoted') saga.pivotedBy = shard;
    const legs = event.data.legs ?? before?.legs ?? [];
    saga.parts.set(shard, { state, seq, cause: event.cause, legs, purpose, of });
    this.check(transfer, saga, shard);
    // The other parts were checked when they came, or when the plan did.
    checkLegs(transfer, saga, event.data.intent === undefined ? shard : undefined);
    if (isEnded(saga)) {
      this.open.delete(transfer);
      this.ended += 1;
    }
  }

  /** What is left at the end. `heads`: up to where each shard was read, for steps decided beyond that. */
  inDoubt(heads: readonly number[]): InDoubt[] {
    const found: InDoubt[] = [];
    for (const [transfer, saga] of this.open) {
      const { plan, tenant, parts } = saga;
      const carried = [...parts].filter(([, { state }]) => state === 'tried' || state === 'posted');
      // Rejected at the coordinator, or only a cancel's tombstone left: nothing is in doubt.
      const [first] = carried;
      if (first === undefined) continue;
      const posted = carried.find(([, { state }]) => state === 'posted');
      if (plan === undefined) this.checkBegunLater(transfer, carried, heads);
      else if (posted !== undefined && saga.pivotedBy === undefined)
        this.checkDecidedLater(transfer, posted, heads);
      // Of what was begun after its coordinator was read only the steps are known.
      const legs = plan?.legs ?? first[1].legs;
      found.push({
        transfer,
        tenant,
        state: stateInDoubt(saga.purpose ?? first[1].purpose, posted !== undefined),
        amount: legs.reduce((sum, leg) => sum + BigInt(leg.amount), 0n).toString(),
        asset: legs[0]?.asset ?? '',
        shards:
          plan === undefined ? carried.map(([shard]) => shard) : [plan.coordinator, ...plan.participants],
      });
    }
    return found;
  }

  /**
   * What open transfers have posted through in-transit accounts, shard by shard: what has ended cancels out, so this is
   * what those accounts must still have, also where one shard was read up to an earlier moment than another.
   */
  *onTheWay(): Generator<OnTheWay> {
    for (const { tenant, parts } of this.open.values()) {
      for (const [shard, { state, legs, purpose }] of parts) {
        if (state !== 'posted' || isOfDebits(purpose)) continue;
        for (const { amount, asset, in_transit } of legs) {
          if (in_transit === undefined) continue;
          const { peer, side } = in_transit;
          const pair: readonly [number, number] = shard < peer ? [shard, peer] : [peer, shard];
          yield { tenant, asset, pair, amount: side === 'credit' ? BigInt(amount) : -BigInt(amount) };
        }
      }
    }
  }

  /** A confirm is only right if its pivot was committed: here, or after the shard's part that was read. */
  private checkDecidedLater(transfer: string, posted: CarriedPart, heads: readonly number[]): void {
    const [shard, { seq }] = posted;
    if (this.isLater(transfer, posted, heads)) return;
    const [what, expected] = ['confirm', 'a pivot before it'];
    throw new DivergenceError({ shard, seq, transfer, what, expected, found: 'none' });
  }

  /** Steps without their intent are only right where the coordinator was read up to a moment before it. */
  private checkBegunLater(transfer: string, carried: readonly CarriedPart[], heads: readonly number[]): void {
    if (carried.filter((part) => this.isLater(transfer, part, heads)).length > 0) return;
    const [shard, { seq }] = carried[0] ?? [-1, { seq: 0 }];
    const [what, expected] = ['step', 'an intent before it'];
    throw new DivergenceError({ shard, seq, transfer, what, expected, found: 'none' });
  }

  /** Whether it followed what was not read any more, of a shard that was. */
  private isLater(
    transfer: string,
    [shard, { seq, cause = '' }]: CarriedPart,
    heads: readonly number[],
  ): boolean {
    const [at = -1, of = 0] = cause.split('-').map(Number);
    if (!(of > (heads[at] ?? Number.POSITIVE_INFINITY))) return false;
    this.later.push({ shard, seq, transfer, cause });
    return true;
  }

  private check(transfer: string, { parts, plan, purpose, pivotedBy }: Saga, shard: number): void {
    const seq = parts.get(shard)?.seq ?? 0;
    const states = [...parts.values()].map(({ state }) => state);
    const fail = (what: string, expected: string, found: string): never => {
      throw new DivergenceError({ shard, seq, transfer, what, expected, found });
    };
    if (states.includes('posted') && states.some((state) => state === 'canceled' || state === 'rejected')) {
      fail('end of a transfer', 'posted everywhere or canceled everywhere', states.join(' and '));
    }
    if (plan !== undefined && pivotedBy !== undefined && pivotedBy !== plan.participants.at(-1)) {
      fail('pivot', `shard ${plan.participants.at(-1)}`, `shard ${pivotedBy}`);
    }
    if (plan !== undefined && purpose !== undefined && shard === plan.coordinator) {
      const [expected, found] = [participantsOf(plan, purpose), inOrder(plan.participants)];
      if (expected !== found) fail('participants', expected, found);
    }
    const tried = [...parts].find(([, { state }]) => state === 'tried');
    if (plan !== undefined && parts.get(plan.coordinator)?.state === 'rejected' && tried !== undefined) {
      const at = { shard: tried[0], seq: tried[1].seq, transfer };
      const expected = `none: shard ${plan.coordinator}, its coordinator, rejected it`;
      throw new DivergenceError({ ...at, what: 'step', expected, found: 'a try' });
    }
    if (purpose === 'release' && states.includes('canceled'))
      fail('end of a release', 'freed everywhere', states.join(' and '));
  }
}

/** What a shard carries out is what the plan says of it, and to the same end: nobody computes legs of his own. */
function checkLegs(transfer: string, { plan, purpose, of, parts }: Saga, only: number | undefined): void {
  if (plan === undefined || purpose === undefined) return;
  for (const [shard, { seq, state, legs, ...done }] of parts) {
    if (state === 'canceled' || (only !== undefined && only !== shard)) continue;
    const fail = (what: string, expected: string, found: string): never => {
      throw new DivergenceError({ shard, seq, transfer, what, expected, found });
    };
    const [expected, found] = [plannedLegs(plan, shard, purpose), writtenLegs(legs)];
    if (expected !== found) fail('legs of a step', expected, found);
    if (state === 'rejected') continue;
    if (done.purpose !== purpose) fail('purpose of a step', purpose, done.purpose);
    if (done.of !== of) fail('hold of a step', of ?? 'none', done.of ?? 'none');
  }
}

function stateInDoubt(purpose: Purpose, posted: boolean): InDoubt['state'] {
  if (purpose === 'release') return 'freeing';
  if (!posted) return 'undecided';
  return purpose === 'hold' ? 'holding' : 'in_transit';
}

const newSaga = (tenant: string): Saga => ({
  tenant,
  plan: undefined,
  purpose: undefined,
  of: undefined,
  pivotedBy: undefined,
  parts: new Map(),
});

/** What an event makes of its shard's part in a saga; undefined where it is of none. */
export function stateOf({ type, data }: SagaFact): PartState | undefined {
  if (type === 'saldo.transfer.tried') return 'tried';
  if (type === 'saldo.review.approved') return data.intent === undefined ? undefined : 'tried';
  if (type === 'saldo.transfer.pivoted' || type === 'saldo.transfer.confirmed') return 'posted';
  if (type === 'saldo.transfer.canceled') return 'canceled';
  // A rejection of a local transfer is no saga; of a step, it is that shard's part in one.
  return type === 'saldo.transfer.rejected' && data.coordinator !== undefined ? 'rejected' : undefined;
}

function isEnded({ plan, parts }: Saga): boolean {
  if (plan === undefined) return false;
  const shards = [plan.coordinator, ...plan.participants];
  const states = shards.map((shard) => parts.get(shard)?.state);
  // Rejected by the coordinator itself: nobody else ever heard of it.
  if (states[0] === 'rejected') return true;
  return (
    states.every((state) => state === 'posted') ||
    states.every((state) => state === 'canceled' || state === 'rejected')
  );
}
