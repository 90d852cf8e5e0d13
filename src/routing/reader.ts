import { NO_COUNTERS } from '../domain/account.js';
import {
  type AccountId,
  bucketOf,
  type ClaimId,
  claimIdOf,
  isAccountId,
  keyDigest,
  type TenantId,
  type TransferId,
} from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { asTenant } from '../storage/as-tenant.js';
import type { Queryable } from '../storage/queryable.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readAccountDetails } from '../storage/statements/read-account-details.js';
import { type EntryRange, readEntries, readVersionAt } from '../storage/statements/read-entries.js';
import { readHistory } from '../storage/statements/read-history.js';
import { keyBucketOf, type Placement } from './placement.js';
import { tenantsReviews } from './reviews.js';
import type { ShardMap } from './shard-map.js';
import { transferViewOf } from './transfer-view.js';
import type {
  AccountView,
  BalanceView,
  EntryView,
  OpenReviewView,
  ReviewPage,
  TransferView,
} from './views.js';

/** Reads for a tenant from the shard that owns the account or transfer: sees every acknowledged change. */
export class LedgerReader {
  constructor(
    private readonly map: ShardMap,
    /** As the reader role, which sees one tenant at a time. */
    private readonly pools: ShardPools,
    private readonly placementOf: (tenant: TenantId) => Placement | Promise<Placement>,
  ) {}

  async account(tenant: TenantId, id: AccountId): Promise<AccountView | undefined> {
    const shard = this.map.shardOf(id);
    const found = await this.as(tenant, id, (db) => readAccountDetails(db, id));
    return found?.kind === 'account' ? { ...found, shard, bucket: bucketOf(id) } : undefined;
  }

  /** The account of a reference, if the tenant has one of that name. */
  async accountByReference(tenant: TenantId, reference: string): Promise<AccountView | undefined> {
    const digest = keyDigest(tenant, 'reference', reference);
    const claim = claimIdOf(keyBucketOf(tenant, await this.placementOf(tenant), digest), digest);
    const history = await this.as(tenant, claim, (db) => readHistory(db, [], [claim]));
    const subjects = history.flatMap(({ body }) => {
      const { event } = decodeEvent(body);
      const claims = [
        'claim' in event ? event.claim : undefined,
        'referenceClaim' in event ? event.referenceClaim : undefined,
      ];
      return claims.flatMap((one) => (one?.id === claim ? [one.subject] : []));
    });
    const [subject] = subjects;
    return subject !== undefined && isAccountId(subject) ? this.account(tenant, subject) : undefined;
  }

  /** Undefined if the tenant has no such account. */
  async entries(tenant: TenantId, id: AccountId, range: EntryRange): Promise<EntryView[] | undefined> {
    return this.as(tenant, id, async (db) => {
      if ((await readAccountDetails(db, id))?.kind !== 'account') return undefined;
      return (await readEntries(db, id, range)).map(({ body, ordinal }) => entryViewOf(body, ordinal));
    });
  }

  /** The version of the account's last entry at or before a booking time (RFC 3339); 0 if it had none then. */
  async versionAt(tenant: TenantId, id: AccountId, at: string): Promise<number> {
    return this.as(tenant, id, (db) => readVersionAt(db, id, at));
  }

  /** What the account held at a booking time: two lookups, however long its history. */
  async balanceAt(tenant: TenantId, id: AccountId, at: string): Promise<BalanceView | undefined> {
    return this.as(tenant, id, async (db) => {
      const account = await readAccountDetails(db, id);
      if (account?.kind !== 'account') return undefined;
      const version = await readVersionAt(db, id, at);
      const range = { after: version - 1, upTo: version, order: 'asc', limit: 1 } as const;
      const [row] = version === 0 ? [] : await readEntries(db, id, range);
      const counters = row === undefined ? NO_COUNTERS : entryViewOf(row.body, row.ordinal).after;
      return { account: id, asset: account.asset, counters, version, at };
    });
  }

  async transfer(tenant: TenantId, id: TransferId): Promise<TransferView | undefined> {
    const history = await this.as(tenant, id, (db) => readHistory(db, [id]));
    return transferViewOf(history, id, this.map.shardOf(id));
  }

  /** Transfers of the tenant that wait for a decision, the longest waiting first. */
  reviews(tenant: TenantId, page: ReviewPage): Promise<OpenReviewView[]> {
    return tenantsReviews(this.map, this.pools, tenant, page);
  }

  private as<T>(
    tenant: TenantId,
    id: AccountId | TransferId | ClaimId,
    read: (db: Queryable) => Promise<T>,
  ): Promise<T> {
    return this.pools.read(this.map.shardOf(id), (pool) => asTenant(pool, tenant, read));
  }
}

function entryViewOf(body: string, ordinal: number): EntryView {
  const { envelope, event } = decodeEvent(body);
  const entry = 'entries' in event ? event.entries[ordinal] : undefined;
  if (entry === undefined || !('transfer' in event))
    throw new Error(`event ${envelope.id} has no entry ${ordinal}`);
  return {
    ...entry,
    transfer: 'review' in event ? event.review : event.transfer,
    event: envelope.id,
    eventType: event.type,
    bookedAt: envelope.time,
  };
}
