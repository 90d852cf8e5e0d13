import type { Counters, Entry } from '../domain/account.js';
import type { Asset } from '../domain/asset.js';
import type { Claim } from '../domain/claim.js';
import type { LedgerEvent, LedgerEventType } from '../domain/event.js';
import type { AccountId, ClaimId, Namespace, TenantId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { CancelReason, FirstStep, LocalLeg, Plan } from '../domain/transfer.js';
import { type Envelope, SCHEMA_VERSION } from './envelope.js';

/** An event of a newer release, or one this release cannot make sense of. */
export class UnknownEventError extends Error {
  override readonly name = 'UnknownEventError';
}

export interface DecodedEvent {
  readonly envelope: Envelope;
  readonly seq: number;
  readonly event: LedgerEvent;
}

/**
 * Reads an event's text back into what `evolve` understands.
 * The text comes from our own shards, so shapes are trusted; types and versions are not.
 */
export function decodeEvent(text: string): DecodedEvent {
  const envelope = JSON.parse(text) as Envelope;
  if (envelope.schemaversion > SCHEMA_VERSION) {
    throw new UnknownEventError(
      `event ${envelope.id} has schema version ${envelope.schemaversion}, this release knows ${SCHEMA_VERSION}`,
    );
  }
  return { envelope, seq: Number(envelope.sequence), event: eventOf(envelope) };
}

function eventOf(envelope: Envelope): LedgerEvent {
  const type = envelope.type.replace(/^saldo\./, '') as LedgerEventType;
  const data = envelope.data as Data;
  const tenant = (envelope.tenant ?? '') as TenantId;
  const transfer = data.transfer as TransferId;
  const claim = data.claim === undefined ? {} : { claim: { ...data.claim, tenant } as Claim };
  const saga = { tenant, transfer, coordinator: data.coordinator ?? 0 };
  switch (type) {
    case 'shard.opened':
      return { type, cluster: data.cluster ?? '', buckets: data.buckets ?? [] };
    case 'writer_version.raised':
      return { type, version: data.version ?? 0 };
    case 'tenant.created':
      return { type, tenant, placement: data.placement ?? 'compact' };
    case 'account.opened': {
      const limits = {
        minBalance: bigintOrNull(data.min_balance),
        maxBalance: bigintOrNull(data.max_balance),
      };
      const peer = data.peer === undefined ? {} : { peer: data.peer };
      const { kind = 'account', metadata = {} } = data;
      const account = data.account as AccountId;
      return { type, tenant, account, kind, asset: data.asset as Asset, limits, metadata, ...peer, ...claim };
    }
    case 'key.claimed':
      return { type, tenant, claim: { ...data.claim, tenant } as Claim };
    case 'transfer.posted':
      return { type, tenant, transfer, ...moved(data), ...claim };
    case 'transfer.tried':
      return { type, ...saga, ...intentOf(data), ...moved(data), ...claim };
    case 'transfer.pivoted':
      return { type, ...saga, ...moved(data) };
    case 'transfer.rejected': {
      const coordinator = data.coordinator === undefined ? {} : { coordinator: data.coordinator };
      const legs = (data.legs ?? []).map(legOf);
      const rejection = data.rejection as Rejection;
      const step = data.step ?? 'post';
      return { type, tenant, transfer, step, ...coordinator, ...intentOf(data), legs, rejection, ...claim };
    }
    case 'transfer.confirmed':
      return { type, tenant, transfer, entries: (data.entries ?? []).map(entryOf) };
    case 'transfer.canceled': {
      const { reason = { code: 'operator' }, tombstone = false } = data;
      return { type, ...saga, reason, tombstone, entries: (data.entries ?? []).map(entryOf) };
    }
    default:
      throw new UnknownEventError(`event ${envelope.id} has the unknown type ${envelope.type}`);
  }
}

const moved = (data: Data) => ({
  legs: (data.legs ?? []).map(legOf),
  entries: (data.entries ?? []).map(entryOf),
});

function legOf({ debit, credit, amount, asset, in_transit }: LegData): LocalLeg {
  const leg = { debit, credit, asset, amount: BigInt(amount) };
  return in_transit === undefined ? leg : { ...leg, inTransit: in_transit };
}

const entryOf = ({ account, version, before, after }: EntryData): Entry => ({
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

function intentOf({ intent }: Data): { intent?: { plan: Plan; deadline: string } } {
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

const bigintOrNull = (text: string | null | undefined): bigint | null =>
  text === null || text === undefined ? null : BigInt(text);

type CountersData = readonly [string, string, string, string];
interface LegData {
  readonly debit: AccountId;
  readonly credit: AccountId;
  readonly amount: string;
  readonly asset: Asset;
  readonly in_transit?: { readonly side: 'debit' | 'credit'; readonly peer: number };
}
interface EntryData {
  readonly account: AccountId;
  readonly version: number;
  readonly before: CountersData;
  readonly after: CountersData;
}
interface PlanData {
  readonly coordinator: number;
  readonly participants: readonly number[];
  readonly legs: readonly (LegData & { readonly debit_shard: number; readonly credit_shard: number })[];
}
interface Data {
  readonly cluster?: string;
  readonly buckets?: readonly (readonly [number, number])[];
  readonly version?: number;
  readonly placement?: 'compact' | 'spread';
  readonly account?: string;
  readonly kind?: 'account' | 'in_transit';
  readonly asset?: string;
  readonly min_balance?: string | null;
  readonly max_balance?: string | null;
  readonly metadata?: Record<string, string>;
  readonly peer?: number;
  readonly claim?: {
    readonly id: ClaimId;
    readonly namespace: Namespace;
    readonly key: string;
    readonly subject: AccountId | TransferId;
    readonly form: number;
    readonly request: string;
    readonly fields: Record<string, string>;
  };
  readonly transfer?: string;
  readonly coordinator?: number;
  readonly intent?: { readonly plan: PlanData; readonly deadline: string };
  readonly legs?: readonly LegData[];
  readonly entries?: readonly EntryData[];
  readonly step?: FirstStep;
  readonly rejection?: Rejection;
  readonly reason?: CancelReason;
  readonly tombstone?: boolean;
}
