import { displayAsset } from '../../domain/asset.js';
import type { EffectiveBalance, FoundTransfer, PrefixSum, ShardLag } from '../../search/views.js';
import { formatter } from './amounts.js';

export const renderFound = (found: FoundTransfer) => ({
  id: found.id,
  kind: found.kind,
  status: found.status,
  ...(found.of === undefined ? {} : { of: found.of }),
  legs: found.legs.map(({ debit, credit, amount, asset }) => ({
    debit,
    credit,
    amount: formatter(asset)(amount),
    asset: displayAsset(asset),
  })),
  ...(found.reference === undefined ? {} : { reference: found.reference }),
  ...(found.metadata === undefined ? {} : { metadata: found.metadata }),
  created_at: found.createdAt,
  ...(found.endedAt === undefined ? {} : { ended_at: found.endedAt }),
  ...(found.effectiveAt === undefined ? {} : { effective_at: found.effectiveAt }),
});

export function renderSum({ asset, accounts, ...sum }: PrefixSum) {
  const units = formatter(asset);
  return {
    asset: displayAsset(asset),
    accounts,
    balance: units(sum.balance),
    debits: units(sum.debits),
    credits: units(sum.credits),
    pending_debits: units(sum.debitsPending),
    pending_credits: units(sum.creditsPending),
  };
}

export function renderEffectiveBalance({ account, asset, at, lag, ...sum }: EffectiveBalance) {
  const units = formatter(asset);
  return {
    account,
    asset: displayAsset(asset),
    effective_at: at,
    balance: units(sum.balance),
    debits: units(sum.debits),
    credits: units(sum.credits),
    as_of: renderLag(lag),
  };
}

/** Up to which event of each shard the answer knows. */
export const renderLag = (lag: readonly ShardLag[]) =>
  lag.map(({ shard, sequence, time, behind }) => ({
    shard,
    sequence,
    ...(time === undefined ? {} : { booked_at: time }),
    ...(behind === undefined ? {} : { behind }),
  }));
