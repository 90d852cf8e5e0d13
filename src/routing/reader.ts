import type { AccountId, TenantId, TransferId } from '../domain/ids.js';
import { bucketOf } from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { asTenant } from '../storage/as-tenant.js';
import type { Queryable } from '../storage/queryable.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readAccountDetails } from '../storage/statements/read-account-details.js';
import { readEntries } from '../storage/statements/read-entries.js';
import { readHistory } from '../storage/statements/read-history.js';
import type { ShardMap } from './shard-map.js';
import { transferViewOf } from './transfer-view.js';
import type { AccountView, EntryView, TransferView } from './views.js';

/** Reads for a tenant from the shard that owns the account or transfer: sees every acknowledged change. */
export class LedgerReader {
  constructor(
    private readonly map: ShardMap,
    /** As the reader role, which sees one tenant at a time. */
    private readonly pools: ShardPools,
  ) {}

  async account(tenant: TenantId, id: AccountId): Promise<AccountView | undefined> {
    const shard = this.map.shardOf(id);
    const found = await this.as(tenant, id, (db) => readAccountDetails(db, id));
    return found?.kind === 'account' ? { ...found, shard, bucket: bucketOf(id) } : undefined;
  }

  /** Entries with `version > afterVersion`, oldest first; undefined if the tenant has no such account. */
  async entries(
    tenant: TenantId,
    id: AccountId,
    { afterVersion, limit }: { readonly afterVersion: number; readonly limit: number },
  ): Promise<EntryView[] | undefined> {
    return this.as(tenant, id, async (db) => {
      if ((await readAccountDetails(db, id))?.kind !== 'account') return undefined;
      return (await readEntries(db, id, afterVersion, limit)).map(({ body, ordinal }) =>
        entryViewOf(body, ordinal),
      );
    });
  }

  async transfer(tenant: TenantId, id: TransferId): Promise<TransferView | undefined> {
    const history = await this.as(tenant, id, (db) => readHistory(db, [id]));
    return transferViewOf(history, id, this.map.shardOf(id));
  }

  private as<T>(
    tenant: TenantId,
    id: AccountId | TransferId,
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
    transfer: event.transfer,
    event: envelope.id,
    eventType: event.type,
    bookedAt: envelope.time,
  };
}
