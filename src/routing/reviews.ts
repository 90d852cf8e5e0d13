import type { TenantId } from '../domain/ids.js';
import { asTenant, inSnapshot } from '../storage/as-tenant.js';
import type { Queryable } from '../storage/queryable.js';
import type { ShardPools } from '../storage/shard-pools.js';
import {
  type OpenReview,
  readOldestReviews,
  readOpenReviews,
} from '../storage/statements/read-open-reviews.js';
import { type Listing, listingOf } from './answering.js';
import type { ShardMap } from './shard-map.js';
import { transferViews } from './transfer-views.js';
import type { OpenReviewView, ReviewPage } from './views.js';

/** A tenant's transfers in review over all shards, the longest waiting first: sees every acknowledged change. */
export async function tenantsReviews(
  map: ShardMap,
  /** As the reader role. */
  pools: ShardPools,
  tenant: TenantId,
  page: ReviewPage,
): Promise<OpenReviewView[]> {
  const found = await Promise.all(
    map.shards.map((shard) =>
      pools.read(shard, (pool) =>
        asTenant(pool, tenant, async (db) =>
          viewsOf(db, await readOpenReviews(db, { ...page, tenant }), shard),
        ),
      ),
    ),
  );
  return found.flat().sort(byAge).slice(0, page.limit);
}

/** Those of every tenant, or of one, the longest waiting first: for an operator. `pools`: as a role that sees all. */
export const everyonesReviews = (
  map: ShardMap,
  pools: ShardPools,
  page: { readonly tenant?: TenantId; readonly limit: number },
): Promise<Listing<OpenReviewView>> =>
  listingOf(map.shards, page.limit, byAge, (shard) =>
    pools.read(shard, (pool) =>
      inSnapshot(pool, async (db) => {
        const { items, all } = await readOldestReviews(db, page);
        return { items: await viewsOf(db, items, shard), all };
      }),
    ),
  );

async function viewsOf(db: Queryable, open: readonly OpenReview[], shard: number): Promise<OpenReviewView[]> {
  const views = await transferViews(
    db,
    open.map(({ transfer }) => transfer),
    shard,
  );
  return open.map(({ transfer: id, opened, escalated }) => {
    const transfer = views.get(id);
    if (transfer === undefined) throw new Error(`nothing is recorded of ${id}, which is in review`);
    return { transfer, opened, escalated };
  });
}

const byAge = (a: OpenReviewView, b: OpenReviewView): number =>
  a.opened !== b.opened ? (a.opened < b.opened ? -1 : 1) : a.transfer.id < b.transfer.id ? -1 : 1;
