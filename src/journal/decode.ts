import type { Asset } from '../domain/asset.js';
import type { CheckpointStatement, KeyStatement } from '../domain/checkpoint.js';
import type { Claim } from '../domain/claim.js';
import type { LedgerEvent, LedgerEventType } from '../domain/event.js';
import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import type { Rejection } from '../domain/rejections.js';
import type { CancelReason } from '../domain/transfer.js';
import {
  bigintOrNull,
  changeOf,
  claimOf,
  detailsOf,
  endOf,
  entryOf,
  followsOf,
  intentOf,
  legOf,
  movedOf,
  partOf,
  saidPurposeOf,
  wholeOf,
} from './decode-data.js';
import { type Envelope, SCHEMA_VERSION } from './envelope.js';
import type { Data } from './event-data.js';
import { reviewEventOf } from './review-data.js';
import { scheduleEventOf } from './schedule-data.js';

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
  const claim = data.claim === undefined ? {} : { claim: claimOf(data.claim, tenant) };
  const upTo = data.up_to === undefined ? {} : { upTo: BigInt(data.up_to) };
  const saga = { tenant, transfer, coordinator: data.coordinator ?? 0 };
  switch (type) {
    case 'shard.opened':
      return { type, cluster: data.cluster ?? '', buckets: data.buckets ?? [] };
    case 'writer_version.raised':
      return { type, version: data.version ?? 0 };
    case 'signing_key.added': {
      const voucher = data.voucher === undefined ? {} : { voucher: data.voucher };
      const signingKey = data.signing_key as KeyStatement;
      return { type, signingKey, signature: data.signature ?? '', ...voucher };
    }
    case 'checkpoint.signed':
      return {
        type,
        checkpoint: data.checkpoint as CheckpointStatement,
        signature: data.signature ?? '',
      };
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
      const opened = { type, tenant, account, kind, asset: data.asset as Asset, limits, metadata, ...peer };
      return {
        ...opened,
        ...(data.reference === undefined ? {} : { reference: data.reference }),
        ...(data.reference_claim === undefined
          ? {}
          : { referenceClaim: claimOf(data.reference_claim, tenant) }),
        ...claim,
      };
    }
    case 'account.changed':
      return {
        type,
        tenant,
        transfer,
        account: data.account as AccountId,
        change: changeOf(data),
        ...claim,
      };
    case 'account.change_rejected': {
      const rejection = data.rejection as Rejection;
      const account = data.account as AccountId;
      return { type, tenant, transfer, account, change: changeOf(data), rejection, ...claim };
    }
    case 'key.claimed':
      return { type, tenant, claim: { ...data.claim, tenant } as Claim };
    case 'transfer.posted':
      return {
        type,
        tenant,
        transfer,
        ...detailsOf(data),
        ...upTo,
        ...(data.reverses === undefined ? {} : { reverses: data.reverses as TransferId }),
        ...(data.parts === undefined ? {} : { parts: data.parts.map(partOf) }),
        ...movedOf(data),
        ...claim,
      };
    case 'transfer.held': {
      const expires = data.expires_at === undefined ? {} : { expiresAt: data.expires_at };
      const more = { ...expires, ...wholeOf(data), ...detailsOf(data) };
      return { type, tenant, transfer, ...more, ...movedOf(data), ...claim };
    }
    case 'transfer.captured': {
      const [parts, released] = [(data.parts ?? []).map(partOf), (data.released ?? []).map(partOf)];
      const of = { hold: data.hold as TransferId, final: data.final ?? false };
      return {
        type,
        tenant,
        transfer,
        ...of,
        ...detailsOf(data),
        parts,
        released,
        ...movedOf(data),
        ...claim,
      };
    }
    case 'hold.voided': {
      const { entries } = movedOf(data);
      const released = (data.released ?? []).map(partOf);
      return { type, tenant, transfer, hold: data.hold as TransferId, released, entries, ...claim };
    }
    case 'hold.expired': {
      const { entries } = movedOf(data);
      return { type, tenant, transfer, released: (data.released ?? []).map(partOf), entries };
    }
    case 'transfer.tried':
      return {
        type,
        ...saga,
        ...intentOf(data),
        ...followsOf(data),
        ...saidPurposeOf(data),
        ...(data.expires_at === undefined ? {} : { expiresAt: data.expires_at }),
        ...detailsOf(data),
        ...upTo,
        ...movedOf(data),
        ...claim,
      };
    case 'transfer.pivoted': {
      const releases = data.releases === undefined ? {} : { releases: data.releases as TransferId };
      return { type, ...saga, ...saidPurposeOf(data), ...releases, ...detailsOf(data), ...movedOf(data) };
    }
    case 'transfer.rejected': {
      const coordinator = data.coordinator === undefined ? {} : { coordinator: data.coordinator };
      const legs = (data.legs ?? []).map(legOf);
      const rejection = data.rejection as Rejection;
      const about = {
        ...coordinator,
        ...(data.of === undefined ? {} : { of: data.of as TransferId }),
        ...intentOf(data),
        ...wholeOf(data),
        ...detailsOf(data),
      };
      return { type, tenant, transfer, step: data.step ?? 'post', ...about, legs, rejection, ...claim };
    }
    case 'transfer.confirmed':
      return { type, tenant, transfer, ...endOf(data), entries: (data.entries ?? []).map(entryOf) };
    case 'transfer.canceled': {
      const { tombstone = false } = data;
      const reason = (data.reason ?? { code: 'operator' }) as CancelReason;
      const entries = (data.entries ?? []).map(entryOf);
      return { type, ...saga, ...endOf(data), reason, tombstone, entries };
    }
    case 'transfer.review':
    case 'review.approved':
    case 'review.declined':
    case 'review.expired':
      return reviewEventOf(type, tenant, data);
    case 'schedule.created':
    case 'schedule.fired':
    case 'schedule.skipped':
    case 'schedule.canceled':
      return scheduleEventOf(type, tenant, data);
    default:
      throw new UnknownEventError(`event ${envelope.id} has the unknown type ${envelope.type}`);
  }
}
