import { availableOf, balanceOf, type Counters } from '../domain/account.js';
import { type Asset, displayAsset, scaleOf } from '../domain/asset.js';
import { formatMoney } from '../domain/money.js';
import type { AccountView, EntryView, TransferView } from '../routing/views.js';
import { API_PROBLEMS, type Problem, rejectionProblem } from './problem.js';

/** Pure functions of what was recorded: so every repeat of a request gets the same bytes. */
export function renderAccount(account: AccountView) {
  const units = formatter(account.asset);
  const { counters, minBalance, maxBalance } = account;
  return {
    id: account.id,
    asset: displayAsset(account.asset),
    status: account.status,
    balance: units(balanceOf(counters)),
    available: units(availableOf(counters)),
    pending_debits: units(counters.debitsPending),
    pending_credits: units(counters.creditsPending),
    min_balance: minBalance === null ? null : units(minBalance),
    max_balance: maxBalance === null ? null : units(maxBalance),
    metadata: account.metadata,
    version: account.version,
    bucket: account.bucket,
    shard: account.shard,
    created_at: account.openedAt,
  };
}

export function renderEntry(entry: EntryView, asset: Asset) {
  const units = formatter(asset);
  const { before, after } = entry;
  return {
    version: entry.version,
    transfer: entry.transfer,
    event: entry.event,
    event_type: entry.eventType,
    booked_at: entry.bookedAt,
    ...sides('before', before, units),
    ...sides('after', after, units),
    pending_debits_after: units(after.debitsPending),
    pending_credits_after: units(after.creditsPending),
  };
}

export function renderTransfer(transfer: TransferView) {
  const { id, status, legs, createdAt, endedAt, reason, shards } = transfer;
  return {
    id,
    status,
    legs: legs.map(({ debit, credit, amount, asset }) => ({
      debit,
      credit,
      amount: formatter(asset)(amount),
      asset: displayAsset(asset),
    })),
    created_at: createdAt,
    ...(endedAt === undefined ? {} : { ended_at: endedAt }),
    ...(transfer.rejection === undefined
      ? {}
      : { rejection: rejectionProblem(transfer.rejection, legs[0]?.asset) }),
    ...(reason === undefined ? {} : { reason: reason.code }),
    shards,
  };
}

/** The problem that a rejected or canceled transfer is to whoever asked for it. */
export function transferProblem(transfer: TransferView): Problem {
  const rendered = { transfer: renderTransfer(transfer) };
  if (transfer.rejection !== undefined)
    return rejectionProblem(transfer.rejection, transfer.legs[0]?.asset, rendered);
  const [status, title] = API_PROBLEMS.transfer_canceled;
  return { type: '/problems/transfer_canceled', title, status, code: 'transfer_canceled', ...rendered };
}

const formatter = (asset: Asset) => {
  const scale = scaleOf(asset);
  return (units: bigint): string => formatMoney(units, scale);
};

const sides = (when: 'before' | 'after', counters: Counters, units: (amount: bigint) => string) => ({
  [`balance_${when}`]: units(balanceOf(counters)),
  [`available_${when}`]: units(availableOf(counters)),
});
