import { type Account, type AccountChange, balanceOf } from './account.js';
import { bucketRefusal, claimRefusal, freshClaim } from './claim-refusal.js';
import type { ChangeAccount, OpenAccount } from './command.js';
import { already, type Decision, decided, refuse, repeat } from './outcome.js';
import { REJECTIONS, type Rejection } from './rejections.js';
import type { LedgerView } from './state.js';

/** Opens an account, once; its reference is taken with it or was taken before. */
export function openAccount(state: LedgerView, command: OpenAccount, seq: number): Decision {
  const { tenant, account, asset, limits, metadata, reference, referenceClaim, claim } = command;
  const refusal = claimRefusal(state, claim) ?? bucketRefusal(state, account);
  if (refusal !== undefined) return refuse(refusal);
  const existing = state.account(account);
  if (existing !== undefined) return already(existing.openedSeq);
  const taken = claimRefusal(state, referenceClaim);
  if (taken !== undefined) return refuse(taken.code === 'wrong_shard' ? taken : { code: 'reference_taken' });
  const kept = referenceClaim !== undefined && state.claim(referenceClaim.id) !== undefined;
  const event = {
    type: 'account.opened',
    tenant,
    account,
    kind: 'account',
    asset,
    limits,
    metadata,
    ...(reference === undefined ? {} : { reference }),
    ...(referenceClaim === undefined || kept ? {} : { referenceClaim }),
    ...freshClaim(state, claim),
  } as const;
  return decided([event], seq, { result: 'done' });
}

/** Freezes, thaws, closes, or sets limits or metadata. A limit may be set that the balance already violates. */
export function changeAccount(state: LedgerView, command: ChangeAccount, seq: number): Decision {
  const { tenant, operation, account: id, change, claim } = command;
  const reused = claimRefusal(state, claim);
  if (reused !== undefined) return refuse(reused);
  const known = state.transfer(operation);
  if (known !== undefined && known.tenant !== tenant) return refuse({ code: 'transfer_not_found' });
  if (known?.first !== undefined) return repeat(known.first);
  if (known?.last !== undefined) return refuse({ code: 'transfer_canceled' });
  const account = state.account(id);
  if (account?.tenant !== tenant || account.kind !== 'account') {
    return refuse({ code: 'account_not_found', account: id });
  }
  const fresh = freshClaim(state, claim);
  const common = { tenant, transfer: operation, account: id, change, ...fresh } as const;
  const rejection = changeRefusal(account, change);
  if (rejection === undefined)
    return decided([{ type: 'account.changed', ...common }], seq, { result: 'done' });
  if (!REJECTIONS[rejection.code].recorded) return refuse(rejection);
  const event = { type: 'account.change_rejected', ...common, rejection } as const;
  return decided([event], seq, { result: 'rejected', rejection });
}

function changeRefusal(account: Account, change: AccountChange): Rejection | undefined {
  const { id, status, counters } = account;
  const { minBalance = account.minBalance, maxBalance = account.maxBalance } = change;
  if (minBalance !== null && maxBalance !== null && minBalance > maxBalance) {
    return { code: 'limits_crossed', account: id };
  }
  if (status === 'closed') return { code: 'account_closed', account: id };
  const { debitsPending, creditsPending } = counters;
  const empty = balanceOf(counters) === 0n && debitsPending === 0n && creditsPending === 0n;
  return change.status === 'closed' && !empty ? { code: 'account_not_empty', account: id } : undefined;
}
