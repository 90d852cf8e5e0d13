import type { AccountChange, Counters, Entry } from '../domain/account.js';
import type { Claim } from '../domain/claim.js';
import type { TenantId, TransferId } from '../domain/ids.js';
import type { FollowUp, Intent, LocalLeg, Part, Plan, TransferDetails } from '../domain/transfer.js';
import type {
  ClaimData,
  CountersData,
  Data,
  DetailsData,
  EntryData,
  LegData,
  PartData,
  PlanData,
} from './event-data.js';

/** Legs and entries. */
export const movedOf = (data: Data) => ({
  legs: (data.legs ?? []).map(legOf),
  entries: (data.entries ?? []).map(entryOf),
});

export function legOf({ debit, credit, amount, asset, in_transit }: LegData): LocalLeg {
  const leg = { debit, credit, asset, amount: BigInt(amount) };
  return in_transit === undefined ? leg : { ...leg, inTransit: in_transit };
}

export const entryOf = ({ account, version, before, after }: EntryData): Entry => ({
  account,
  version,
  before: countersOf(before),
  after: countersOf(after),
});

const countersOf = ([dp, cp, dn, cn]: CountersData): Counters => ({
  debitsPosted: BigInt(dp),
  creditsPosted: BigInt(cp),
  debitsPending: BigInt(dn),
  creditsPending: BigInt(cn),
});

export const intentOf = ({ intent }: Data): { intent?: Intent } =>
  intent === undefined ? {} : { intent: { plan: planOf(intent.plan), deadline: intent.deadline } };

export const wholeOf = ({ plan }: Data): { plan?: Plan } =>
  plan === undefined ? {} : { plan: planOf(plan) };

/** What a saga does to an earlier transfer, in its coordinator's events. */
export function followsOf({ reverses, hold, releases, final = false, parts }: Data): { follows?: FollowUp } {
  if (parts === undefined) return {};
  const taken = parts.map(partOf);
  if (reverses !== undefined)
    return { follows: { kind: 'reversal', of: reverses as TransferId, parts: taken } };
  if (releases !== undefined)
    return { follows: { kind: 'release', of: releases as TransferId, parts: taken } };
  return hold === undefined
    ? {}
    : { follows: { kind: 'capture', of: hold as TransferId, parts: taken, final } };
}

/** What a participant's step is, where it does not move both sides of its legs. */
export function saidPurposeOf({ holds, hold, parts }: Data): { holds?: true; captures?: TransferId } {
  if (holds !== undefined) return { holds };
  return hold === undefined || parts !== undefined ? {} : { captures: hold as TransferId };
}

export const endOf = (data: Data): { follows?: FollowUp; released?: readonly Part[] } => ({
  ...followsOf(data),
  ...(data.released === undefined ? {} : { released: data.released.map(partOf) }),
});

export function planOf({ coordinator, participants, holds, legs: planned }: PlanData): Plan {
  const legs = planned.map(({ debit_shard, credit_shard, debit, credit, asset, amount }) => ({
    debit,
    credit,
    asset,
    amount: BigInt(amount),
    debitShard: debit_shard,
    creditShard: credit_shard,
  }));
  return holds === undefined
    ? { coordinator, participants, legs }
    : { coordinator, participants, holds, legs };
}

export const bigintOrNull = (text: string | null | undefined): bigint | null =>
  text === null || text === undefined ? null : BigInt(text);

export const partOf = ({ leg, amount }: PartData): Part => ({ leg, amount: BigInt(amount) });

/** A claim does not repeat the tenant of its event. */
export const claimOf = (claim: ClaimData, tenant: TenantId): Claim => ({ ...claim, tenant });

/** Each field only where it is there: an absent one is not one that is undefined. */
export function detailsOf({ reference, metadata, effective_at, fx, occurrence }: DetailsData): {
  details?: TransferDetails;
} {
  const said = [reference, metadata, effective_at, fx, occurrence];
  if (said.every((one) => one === undefined)) return {};
  return {
    details: {
      ...(reference === undefined ? {} : { reference }),
      ...(metadata === undefined ? {} : { metadata }),
      ...(effective_at === undefined ? {} : { effectiveAt: effective_at }),
      ...(fx === undefined ? {} : { fx }),
      ...(occurrence === undefined ? {} : { occurrence }),
    },
  };
}

export function changeOf({ change = {} }: Data): AccountChange {
  const { status, review_debits, min_balance, max_balance, metadata } = change;
  return {
    ...(status === undefined ? {} : { status }),
    ...(review_debits === undefined ? {} : { reviewDebits: review_debits }),
    ...(min_balance === undefined ? {} : { minBalance: bigintOrNull(min_balance) }),
    ...(max_balance === undefined ? {} : { maxBalance: bigintOrNull(max_balance) }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}
