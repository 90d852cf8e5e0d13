import type { AccountStatus } from '../../../src/domain/account.js';
import type { AccountId, TenantId, TransferId } from '../../../src/domain/ids.js';
import type { LocalLeg, Part, PlannedLeg } from '../../../src/domain/transfer.js';
import { SHARD } from './parts.js';

export type Side = 'debit' | 'credit';

export interface NaiveAccount {
  readonly tenant: TenantId;
  readonly asset: string;
  min: bigint | null;
  max: bigint | null;
  status: AccountStatus;
  reviewDebits: boolean;
}

/** One line of the napkin: an operation that was answered for good. */
export interface Operation {
  readonly id: TransferId;
  readonly tenant: TenantId;
  readonly step:
    | 'post'
    | 'hold'
    | 'try'
    | 'pivot'
    | 'capture'
    | 'void'
    | 'change'
    | 'unschedule'
    | 'approve'
    | 'decline';
  /** `done` or `rejected:<code>…`, as it was answered. */
  readonly answer: string;
  readonly legs: readonly LocalLeg[];
  /** Where it reaches other shards, and this one coordinates it: all of its legs. */
  readonly whole?: readonly PlannedLeg[];
  /** Of a capture: the hold, and how much of which of its legs. Of a reversal likewise: what it moves back. */
  readonly of?: TransferId;
  readonly parts?: readonly Part[];
  /** Of a try that is one of these. */
  readonly follows?: 'capture' | 'final capture' | 'reversal' | 'release';
  /** Of one that sets debits aside on several shards. */
  holds?: 'making' | 'held';
  /** Of a hold: whether there is a time at which it is to expire. */
  readonly expires?: true;
  /** How it ended, where it has an end. */
  end?: 'confirm' | 'cancel' | 'capture' | 'void' | 'expire' | 'decline';
  /** Of one that had to wait for a person. */
  review?: 'open' | 'approved' | 'over';
}

/** The books as one would write them on a napkin: a list of operations, and every figure a sum over all of it. */
export class NaiveBook {
  readonly accounts = new Map<AccountId, NaiveAccount>();
  readonly operations: Operation[] = [];
  /** Cancels that came before anything else. */
  readonly tombstones = new Map<TransferId, TenantId>();

  find(id: TransferId): Operation | undefined {
    return this.operations.find((one) => one.id === id);
  }

  /** What of leg `leg` of a hold is neither captured nor freed. */
  remaining(hold: Operation, leg: number): bigint {
    if (hold.end !== undefined || hold.answer !== 'done' || isWaiting(hold)) return 0n;
    return ((hold.whole ?? hold.legs)[leg]?.amount ?? 0n) - this.taken('capture', hold.id, leg);
  }

  /** Whether nothing is left of a hold, and nothing can come back. */
  usedUp(hold: Operation): boolean {
    const underWay = this.operations.some(
      (one) => one.of === hold.id && one.step === 'try' && one.end === undefined,
    );
    return !underWay && (hold.whole ?? hold.legs).every((_, leg) => this.remaining(hold, leg) === 0n);
  }

  /** What of leg `leg` of a transfer was not moved back yet. */
  reversible(original: Operation, leg: number): bigint {
    const { amount = 0n } = (original.whole ?? original.legs)[leg] ?? {};
    return amount - this.taken('post', original.id, leg);
  }

  posted(account: AccountId, side: Side): bigint {
    let sum = 0n;
    for (const one of this.operations) {
      if (one.answer !== 'done' || isHold(one)) continue;
      if (one.review !== undefined && one.review !== 'approved') continue;
      if (one.step === 'try' && one.end !== 'confirm') continue;
      for (const leg of one.legs) if (leg[side] === account) sum += leg.amount;
    }
    return sum;
  }

  pending(account: AccountId, side: Side): bigint {
    let sum = 0n;
    for (const one of this.operations) {
      if (one.answer !== 'done') continue;
      // What another shard's hold set aside here stays so: its captures and releases are operations of their own.
      if (one.end !== undefined && (one.holds === undefined || one.end !== 'confirm')) continue;
      // What waits is set aside: of a hold the debits, of anything else both sides.
      const both = isHold(one) ? false : one.step === 'try' || isWaiting(one);
      if (both) for (const leg of one.legs) if (leg[side] === account) sum += leg.amount;
      if (!isHold(one) || side !== 'debit') continue;
      const whole = isWaiting(one) || (one.holds !== undefined && one.holds !== 'held');
      if (!whole) sum += this.heldOf(one, account);
      else for (const leg of one.legs) if (leg.debit === account) sum += leg.amount;
    }
    return sum;
  }

  available(account: AccountId): bigint {
    return this.posted(account, 'credit') - this.posted(account, 'debit') - this.pending(account, 'debit');
  }

  committed(account: AccountId): bigint {
    return this.posted(account, 'credit') - this.posted(account, 'debit') + this.pending(account, 'credit');
  }

  private heldOf(hold: Operation, account: AccountId): bigint {
    let sum = 0n;
    for (const [i, { debit }] of (hold.whole ?? hold.legs).entries()) {
      const elsewhere = hold.whole !== undefined && hold.whole[i]?.debitShard !== SHARD;
      if (debit === account && !elsewhere) sum += this.remaining(hold, i);
    }
    return sum;
  }

  /** By captures or by reversals: at once, or by tries that were not canceled. */
  private taken(step: 'capture' | 'post', of: TransferId, leg: number): bigint {
    let sum = 0n;
    for (const one of this.operations) {
      if (one.of !== of || one.answer !== 'done' || one.end === 'cancel') continue;
      const tried = one.follows === 'reversal' ? 'post' : 'capture';
      if (one.step !== step && (one.step !== 'try' || tried !== step)) continue;
      for (const part of one.parts ?? []) if (part.leg === leg) sum += part.amount;
    }
    return sum;
  }
}

/** One that sets its debits aside, here or also elsewhere. */
export const isHold = ({ step, holds }: Operation): boolean => step === 'hold' || holds !== undefined;

export const isWaiting = ({ review }: Operation): boolean => review === 'open';
