import type { AccountId, TransferId } from '../../src/domain/ids.js';
import type { LocalLeg } from '../../src/domain/transfer.js';

interface Movement {
  readonly transfer: TransferId;
  readonly account: AccountId;
  readonly side: 'debit' | 'credit';
  readonly amount: bigint;
  state: 'pending' | 'posted' | 'released';
}
interface NaiveAccount {
  readonly asset: string;
  readonly min: bigint | null;
  readonly max: bigint | null;
}

/**
 * The ledger as one would write it on a napkin: a list of movements, and every figure a sum over all of it. Slow, and
 * obviously right; the kernel must agree with it after every command.
 */
export class NaiveLedger {
  readonly accounts = new Map<AccountId, NaiveAccount>();
  readonly movements: Movement[] = [];
  readonly status = new Map<TransferId, string>();

  sum(account: AccountId, side: 'debit' | 'credit', state: 'pending' | 'posted'): bigint {
    return this.movements
      .filter((m) => m.account === account && m.side === side && m.state === state)
      .reduce((total, m) => total + m.amount, 0n);
  }

  available(account: AccountId): bigint {
    const posted = this.sum(account, 'credit', 'posted') - this.sum(account, 'debit', 'posted');
    return posted - this.sum(account, 'debit', 'pending');
  }

  /** The answer to a first step: `done`, `rejected:<code>`, `refused:<code>` or `replayed`. */
  firstStep(kind: 'post' | 'try' | 'pivot', transfer: TransferId, legs: readonly LocalLeg[]): string {
    const known = this.status.get(transfer);
    if (known === 'tombstone') return 'refused:transfer_canceled';
    if (known !== undefined) return 'replayed';
    const verdict = this.judge(legs);
    if (verdict === 'done') {
      for (const { debit, credit, amount } of legs) {
        const state = kind === 'try' ? 'pending' : 'posted';
        this.movements.push({ transfer, account: debit, side: 'debit', amount, state });
        this.movements.push({ transfer, account: credit, side: 'credit', amount, state });
      }
      this.status.set(transfer, kind === 'try' ? 'tried' : 'posted');
    } else if (verdict.startsWith('rejected')) this.status.set(transfer, 'rejected');
    return verdict;
  }

  confirm(transfer: TransferId): string {
    switch (this.status.get(transfer)) {
      case undefined:
        return 'refused:transfer_not_found';
      case 'tried':
        this.settle(transfer, 'posted');
        this.status.set(transfer, 'confirmed');
        return 'done';
      case 'posted':
      case 'confirmed':
        return 'replayed';
      default:
        return 'refused:transfer_canceled';
    }
  }

  cancel(transfer: TransferId): string {
    switch (this.status.get(transfer)) {
      case undefined:
        this.status.set(transfer, 'tombstone');
        return 'tombstone';
      case 'tried':
        this.settle(transfer, 'released');
        this.status.set(transfer, 'canceled');
        return 'done';
      case 'posted':
      case 'confirmed':
        return 'refused:transfer_decided';
      default:
        return 'replayed';
    }
  }

  private settle(transfer: TransferId, state: 'posted' | 'released'): void {
    for (const m of this.movements) if (m.transfer === transfer) m.state = state;
  }

  private judge(legs: readonly LocalLeg[]): string {
    const oursIn = ({ debit, credit, inTransit }: LocalLeg): AccountId[] =>
      [debit, credit].filter((_, i) => inTransit?.side !== (i === 0 ? 'debit' : 'credit'));
    const ours = legs.flatMap(oursIn);
    if (ours.some((id) => !this.accounts.has(id))) return 'refused:account_not_found';
    if (legs.some(({ debit, credit }) => debit === credit)) return 'refused:same_account';
    if (legs.some(({ amount }) => amount <= 0n)) return 'refused:amount_not_positive';
    if (legs.some((leg) => oursIn(leg).some((id) => this.accounts.get(id)?.asset !== leg.asset))) {
      return 'refused:asset_mismatch';
    }
    let verdict = 'done';
    for (const id of new Set(ours)) {
      const net = legs.reduce((sum, { debit, credit, amount }) => {
        return sum + (credit === id ? amount : 0n) - (debit === id ? amount : 0n);
      }, 0n);
      const { min, max } = this.accounts.get(id) ?? { min: null, max: null };
      if (net < 0n && min !== null && this.available(id) + net < min) return 'rejected:insufficient_funds';
      const held =
        this.sum(id, 'credit', 'posted') -
        this.sum(id, 'debit', 'posted') +
        this.sum(id, 'credit', 'pending');
      if (net > 0n && max !== null && held + net > max) verdict = 'rejected:balance_limit_exceeded';
    }
    return verdict;
  }
}
