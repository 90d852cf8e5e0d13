import type { AccountChange, Counters, Entry } from '../domain/account.js';
import type { Claim } from '../domain/claim.js';
import type { TenantId } from '../domain/ids.js';
import type { LocalLeg, Part, Plan, TransferDetails } from '../domain/transfer.js';
import type {
  ClaimData,
  CountersData,
  Data,
  DetailsData,
  EntryData,
  LegData,
  PartData,
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

export function intentOf({ intent }: Data): { intent?: { plan: Plan; deadline: string } } {
  if (intent === undefined) return {};
  const { coordinator, participants } = intent.plan;
  const legs = intent.plan.legs.map(({ debit_shard, credit_shard, debit, credit, asset, amount }) => ({
    debit,
    credit,
    asset,
    amount: BigInt(amount),
    debitShard: debit_shard,
    creditShard: credit_shard,
  }));
  return { intent: { plan: { coordinator, participants, legs }, deadline: intent.deadline } };
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
