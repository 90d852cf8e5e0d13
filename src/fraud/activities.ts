import type { LedgerEvent } from '../consumer/index.js';
import type { Asset } from '../domain/asset.js';
import type { AccountId, TransferId } from '../domain/ids.js';
import { isHoldStep, type LocalLeg, type Purpose, purposeOf } from '../domain/transfer.js';
import type { Side } from './config/fraud-config.js';

/** What one event does to one account of the shard that wrote it. */
export interface AccountActivity {
  readonly account: AccountId;
  readonly transfer: TransferId;
  readonly side: Side;
  readonly asset: Asset;
  readonly amount: bigint;
  readonly parties: readonly AccountId[];
}

/**
 * What an event tells of the accounts of its shard. Each side counts once, when it is first set aside or moved: a hold's debit
 * when it is held, its credit when it is captured; a part of a transfer across shards when it is tried there; what waits for a
 * review when it begins to wait. What is canceled or declined later was attempted all the same. A reversal is nobody's doing.
 */
export function activitiesOf(event: LedgerEvent): AccountActivity[] {
  switch (event.type) {
    case 'transfer.posted':
      return event.reverses === undefined ? sidesOf(event.transfer, event.legs, ['debit', 'credit']) : [];
    case 'transfer.tried':
      if (event.follows?.kind === 'reversal') return [];
      return sidesOf(event.transfer, event.legs, sidesOfPart(purposeOf(event)));
    case 'transfer.pivoted':
      return sidesOf(event.transfer, event.legs, sidesOfPart(purposeOf(event)));
    case 'transfer.held':
      return sidesOf(event.transfer, event.legs, ['debit']);
    case 'transfer.review':
      return sidesOf(
        event.transfer,
        event.legs,
        isHoldStep(event.step, event.plan) ? ['debit'] : ['debit', 'credit'],
      );
    case 'transfer.captured':
      return sidesOf(event.transfer, event.legs, ['credit']);
    default:
      return [];
  }
}

/** Which sides are new in a part of a saga: what a release frees is none. */
function sidesOfPart(purpose: Purpose | undefined): readonly Side[] {
  switch (purpose) {
    case 'hold':
      return ['debit'];
    case 'capture':
      return ['credit'];
    case 'release':
      return [];
    default:
      return ['debit', 'credit'];
  }
}

/** The legs of an account on one side taken together, in the order of their first legs: debits, then credits. */
function sidesOf(transfer: TransferId, legs: readonly LocalLeg[], sides: readonly Side[]): AccountActivity[] {
  const found = new Map<string, AccountActivity & { readonly parties: AccountId[] }>();
  for (const side of sides) {
    for (const { debit, credit, amount, asset, inTransit } of legs) {
      if (inTransit?.side === side) continue;
      const [account, local] = side === 'debit' ? [debit, credit] : [credit, debit];
      const party = inTransit?.account ?? local;
      const name = `${side} ${account} ${asset}`;
      const before = found.get(name);
      const parties = before?.parties ?? [];
      if (!parties.includes(party)) parties.push(party);
      const sum = (before?.amount ?? 0n) + amount;
      found.set(name, { account, transfer, side, asset, amount: sum, parties });
    }
  }
  return [...found.values()];
}
