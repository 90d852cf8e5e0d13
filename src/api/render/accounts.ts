import { availableOf, balanceOf, type Counters } from '../../domain/account.js';
import { type Asset, displayAsset } from '../../domain/asset.js';
import type { AccountChangeAnswer } from '../../intake/requests.js';
import type { AccountView, BalanceView, EntryView } from '../../routing/views.js';
import { formatter } from './amounts.js';

type Units = (amount: bigint) => string;

/** Pure functions of what was recorded: so every repeat of a request gets the same bytes. */
export function renderAccount(account: AccountView) {
  const units = formatter(account.asset);
  return {
    id: account.id,
    asset: displayAsset(account.asset),
    ...(account.reference === undefined ? {} : { reference: account.reference }),
    status: account.status,
    ...renderCounters(account.counters, units),
    ...renderLimits(account, units),
    review_debits: account.reviewDebits,
    metadata: account.metadata,
    version: account.version,
    bucket: account.bucket,
    shard: account.shard,
    created_at: account.openedAt,
  };
}

export function renderBalance({ account, asset, counters, version, at }: BalanceView) {
  const held = renderCounters(counters, formatter(asset));
  return { account, asset: displayAsset(asset), at, ...held, version };
}

/** What was changed and nothing else, since the rest of the account may be another at every repeat. */
export function renderChange(
  { account, operation, change, at }: Extract<AccountChangeAnswer, { kind: 'changed' }>,
  asset: Asset,
) {
  const { status, reviewDebits, metadata } = change;
  return {
    account,
    operation,
    ...(status === undefined ? {} : { status }),
    ...(reviewDebits === undefined ? {} : { review_debits: reviewDebits }),
    ...renderLimits(change, formatter(asset)),
    ...(metadata === undefined ? {} : { metadata }),
    changed_at: at,
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

const renderCounters = (counters: Counters, units: Units) => ({
  balance: units(balanceOf(counters)),
  available: units(availableOf(counters)),
  pending_debits: units(counters.debitsPending),
  pending_credits: units(counters.creditsPending),
});

interface SomeLimits {
  readonly minBalance?: bigint | null;
  readonly maxBalance?: bigint | null;
}

const renderLimits = ({ minBalance, maxBalance }: SomeLimits, units: Units) => ({
  ...(minBalance === undefined ? {} : { min_balance: minBalance === null ? null : units(minBalance) }),
  ...(maxBalance === undefined ? {} : { max_balance: maxBalance === null ? null : units(maxBalance) }),
});

const sides = (when: 'before' | 'after', counters: Counters, units: Units) => ({
  [`balance_${when}`]: units(balanceOf(counters)),
  [`available_${when}`]: units(availableOf(counters)),
});
