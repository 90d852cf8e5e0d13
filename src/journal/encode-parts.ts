import type { Counters, Entry } from '../domain/account.js';
import type { Claim } from '../domain/claim.js';
import type { Intent, LocalLeg, Plan, TransferDetails } from '../domain/transfer.js';

export const legData = ({ debit, credit, amount, asset, inTransit }: LocalLeg) => ({
  debit,
  credit,
  amount: amount.toString(),
  asset,
  in_transit: inTransit,
});

export function claimData(claim: Claim | undefined) {
  if (claim === undefined) return undefined;
  const { id, namespace, key, subject, form, request, fields } = claim;
  return { id, namespace, key, subject, form, request, fields };
}

export function detailsData(details: TransferDetails | undefined) {
  if (details === undefined) return {};
  const { reference, metadata, effectiveAt: effective_at, fx, occurrence } = details;
  return { reference, metadata, effective_at, fx, occurrence };
}

export const moved = (event: { readonly legs: readonly LocalLeg[]; readonly entries: readonly Entry[] }) => ({
  legs: event.legs.map(legData),
  entries: event.entries.map(entryData),
});

export const entryData = ({ account, version, before, after }: Entry) => ({
  account,
  version,
  before: countersData(before),
  after: countersData(after),
});

const countersData = (c: Counters): string[] => [
  c.debitsPosted.toString(),
  c.creditsPosted.toString(),
  c.debitsPending.toString(),
  c.creditsPending.toString(),
];

export const intentData = (intent: Intent | undefined) =>
  intent === undefined ? {} : { intent: { plan: planData(intent.plan), deadline: intent.deadline } };

export function planData(plan: Plan | undefined) {
  if (plan === undefined) return undefined;
  const { coordinator, participants, holds } = plan;
  const legs = plan.legs.map(({ debit, credit, amount, asset, debitShard, creditShard }) => ({
    debit,
    credit,
    amount: amount.toString(),
    asset,
    debit_shard: debitShard,
    credit_shard: creditShard,
  }));
  return { coordinator, participants, holds, legs };
}
