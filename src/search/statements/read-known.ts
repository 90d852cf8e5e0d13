import type { TenantId, TransferId } from '../../domain/ids.js';
import type { FollowUp } from '../../domain/transfer.js';
import type { DecodedEvent } from '../../journal/decode.js';
import type { Queryable } from '../../storage/queryable.js';
import { idOf, uuidArray } from '../../storage/wire.js';
import type { Known, OpenPart, TransferProgress } from '../changes.js';
import type { TransferStatus } from '../views.js';

/** What the events of a batch add to: holds, what was scheduled, the coordinator's transfers, and this shard's open parts. */
export async function readKnown(
  db: Queryable,
  shard: number,
  events: readonly DecodedEvent[],
): Promise<Known> {
  const tenants = new Map<TransferId, TenantId>();
  const ended = new Set<TransferId>();
  for (const { event } of events) {
    // It may have been asked for in advance.
    if ('details' in event && event.details?.occurrence?.number === 1)
      tenants.set(event.transfer, event.tenant);
    switch (event.type) {
      case 'transfer.captured':
      case 'hold.voided':
        tenants.set(event.hold, event.tenant);
        break;
      case 'transfer.confirmed':
      case 'transfer.canceled':
        ended.add(event.transfer);
        tenants.set(event.transfer, event.tenant);
        if (isOfHold(event)) tenants.set(event.follows.of, event.tenant);
        break;
      case 'transfer.tried':
        if (isOfHold(event)) tenants.set(event.follows.of, event.tenant);
        break;
      case 'review.approved':
        tenants.set(event.review, event.tenant);
        break;
      case 'review.declined':
        ended.add(event.review);
        tenants.set(event.review, event.tenant);
        break;
      case 'review.expired':
        ended.add(event.transfer);
        tenants.set(event.transfer, event.tenant);
        break;
      case 'hold.expired':
        tenants.set(event.transfer, event.tenant);
        break;
      case 'schedule.canceled':
        if (event.calledOff !== undefined) tenants.set(event.calledOff, event.tenant);
        break;
    }
  }
  return {
    transfers: tenants.size === 0 ? new Map() : await readProgress(db, tenants),
    parts: ended.size === 0 ? new Map() : await readParts(db, shard, ended),
  };
}

const isOfHold = <E extends { readonly follows?: FollowUp }>(event: E): event is E & { follows: FollowUp } =>
  event.follows?.kind === 'capture' || event.follows?.kind === 'release';

async function readProgress(
  db: Queryable,
  wanted: ReadonlyMap<TransferId, TenantId>,
): Promise<Map<TransferId, TransferProgress>> {
  const { rows } = await db.query<ProgressRow>({
    name: 'search-read-progress',
    text: `SELECT t.tenant, t.id, t.status, t.ended_at, t.effective_at, t.hold
             FROM unnest($1::text[], $2::uuid[]) AS w (tenant, id)
             JOIN transfers t ON t.tenant = w.tenant AND t.id = w.id`,
    values: [`{${[...wanted.values()].join(',')}}`, uuidArray(wanted.keys())],
  });
  return new Map(
    rows.map((row) => [
      idOf<TransferId>('tr', row.id),
      {
        tenant: row.tenant,
        status: row.status,
        ...(row.ended_at === null ? {} : { endedAt: row.ended_at.toISOString() }),
        ...(row.effective_at === null ? {} : { effectiveAt: row.effective_at.toISOString() }),
        ...(row.hold === null ? {} : holdOf(row.hold)),
      },
    ]),
  );
}

async function readParts(
  db: Queryable,
  shard: number,
  ids: Iterable<TransferId>,
): Promise<Map<TransferId, OpenPart>> {
  const { rows } = await db.query<PartRow>({
    name: 'search-read-parts',
    text: `SELECT transfer, tenant, coordinates, effective_at, in_transit
             FROM open_parts WHERE shard = $1 AND transfer = ANY ($2::uuid[])`,
    values: [shard, uuidArray(ids)],
  });
  return new Map(
    rows.map(({ transfer, tenant, coordinates, effective_at, in_transit }) => [
      idOf<TransferId>('tr', transfer),
      {
        tenant,
        coordinates,
        ...(effective_at === null ? {} : { effectiveAt: effective_at.toISOString() }),
        inTransit: in_transit.map((uuid) => idOf('acc', uuid)),
      },
    ]),
  );
}

interface ProgressRow {
  readonly tenant: TenantId;
  readonly id: string;
  readonly status: TransferStatus;
  readonly ended_at: Date | null;
  readonly effective_at: Date | null;
  readonly hold: string | null;
}
interface PartRow {
  readonly transfer: string;
  readonly tenant: TenantId;
  readonly coordinates: boolean;
  readonly effective_at: Date | null;
  readonly in_transit: string[];
}

interface HoldText {
  readonly parts: readonly (readonly [string, string, string])[];
  readonly closedAs?: 'canceled' | 'expired';
  readonly releases?: number;
}

function holdOf(text: string): Pick<TransferProgress, 'hold' | 'closedAs' | 'releases'> {
  const { parts, closedAs, releases } = JSON.parse(text) as HoldText;
  const hold = parts.map(([remaining, capturing, captured]) => ({
    remaining: BigInt(remaining),
    capturing: BigInt(capturing),
    captured: BigInt(captured),
  }));
  return {
    hold,
    ...(closedAs === undefined ? {} : { closedAs }),
    ...(releases === undefined ? {} : { releases }),
  };
}
