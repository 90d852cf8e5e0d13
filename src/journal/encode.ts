import type { Counters, Entry } from '../domain/account.js';
import type { Claim } from '../domain/claim.js';
import type { Origin } from '../domain/command.js';
import type { LedgerEvent } from '../domain/event.js';
import type { LocalLeg, Plan } from '../domain/transfer.js';
import { type Envelope, eventId, SCHEMA_VERSION, sequenceText, typeOf } from './envelope.js';

/** Where an event stands in its shard's journal. */
export interface Position {
  readonly cluster: string;
  readonly shard: number;
  readonly seq: number;
  readonly time: string;
  /** Hash of the event before, lower-case hex. */
  readonly prev: string;
}

/** The event's one true text: what is stored, hashed and published. Has no line breaks. */
export function encodeEvent(event: LedgerEvent, origin: Origin, at: Position): string {
  const envelope: Envelope = {
    specversion: '1.0',
    id: eventId(at.shard, at.seq),
    source: `/${at.cluster}/shards/${at.shard}`,
    type: typeOf(event.type),
    time: at.time,
    subject: subjectOf(event, at),
    schemaversion: SCHEMA_VERSION,
    cluster: at.cluster,
    ...('tenant' in event ? { tenant: event.tenant } : {}),
    shard: at.shard.toString(),
    sequence: sequenceText(at.seq),
    actor: origin.actor,
    ...(origin.cause === undefined ? {} : { cause: origin.cause }),
    ...(origin.traceparent === undefined ? {} : { traceparent: origin.traceparent }),
    prev: at.prev,
    data: dataOf(event),
  };
  return JSON.stringify(envelope);
}

function subjectOf(event: LedgerEvent, at: Position): string {
  switch (event.type) {
    case 'shard.opened':
    case 'writer_version.raised':
      return `shard:${at.shard}`;
    case 'tenant.created':
      return event.tenant;
    case 'account.opened':
      return event.account;
    case 'key.claimed':
      return event.claim.subject;
    default:
      return event.transfer;
  }
}

function dataOf(event: LedgerEvent): Record<string, unknown> {
  switch (event.type) {
    case 'shard.opened':
      return { cluster: event.cluster, buckets: event.buckets };
    case 'writer_version.raised':
      return { version: event.version };
    case 'tenant.created':
      return { placement: event.placement };
    case 'account.opened': {
      const { account, kind, asset, limits, metadata, peer, claim } = event;
      const min_balance = limits.minBalance?.toString() ?? null;
      const max_balance = limits.maxBalance?.toString() ?? null;
      return { account, kind, asset, min_balance, max_balance, metadata, peer, ...claimData(claim) };
    }
    case 'key.claimed':
      return claimData(event.claim);
    case 'transfer.posted':
      return { transfer: event.transfer, ...moved(event), ...claimData(event.claim) };
    case 'transfer.tried': {
      const { transfer, coordinator } = event;
      return {
        transfer,
        coordinator,
        ...intentData(event.intent),
        ...moved(event),
        ...claimData(event.claim),
      };
    }
    case 'transfer.pivoted':
      return { transfer: event.transfer, coordinator: event.coordinator, ...moved(event) };
    case 'transfer.rejected': {
      const { transfer, step, coordinator, rejection } = event;
      const legs = event.legs.map(legData);
      return {
        transfer,
        step,
        coordinator,
        ...intentData(event.intent),
        legs,
        rejection,
        ...claimData(event.claim),
      };
    }
    case 'transfer.confirmed':
      return { transfer: event.transfer, entries: event.entries.map(entryData) };
    case 'transfer.canceled': {
      const { transfer, coordinator, reason, tombstone } = event;
      return { transfer, coordinator, reason, tombstone, entries: event.entries.map(entryData) };
    }
  }
}

const moved = (event: { readonly legs: readonly LocalLeg[]; readonly entries: readonly Entry[] }) => ({
  legs: event.legs.map(legData),
  entries: event.entries.map(entryData),
});

const legData = ({ debit, credit, amount, asset, inTransit }: LocalLeg) => ({
  debit,
  credit,
  amount: amount.toString(),
  asset,
  in_transit: inTransit,
});

const entryData = ({ account, version, before, after }: Entry) => ({
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

function intentData(intent: { readonly plan: Plan; readonly deadline: string } | undefined) {
  if (intent === undefined) return {};
  const { coordinator, participants } = intent.plan;
  const legs = intent.plan.legs.map(({ debit, credit, amount, asset, debitShard, creditShard }) => ({
    debit,
    credit,
    amount: amount.toString(),
    asset,
    debit_shard: debitShard,
    credit_shard: creditShard,
  }));
  return { intent: { plan: { coordinator, participants, legs }, deadline: intent.deadline } };
}

function claimData(claim: Claim | undefined) {
  if (claim === undefined) return {};
  const { id, namespace, key, subject, form, request, fields } = claim;
  return { claim: { id, namespace, key, subject, form, request, fields } };
}
