import type { TenantId } from '../domain/ids.js';
import { asTenant } from '../storage/as-tenant.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readHistory } from '../storage/statements/read-history.js';
import { type OpenReview, readOpenReviews } from '../storage/statements/read-open-reviews.js';
import type { ShardMap } from './shard-map.js';
import { transferViewOf } from './transfer-view.js';
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
        asTenant(pool, tenant, async (db) => {
          const open = await readOpenReviews(db, { ...page, tenant });
          const history = await readHistory(
            db,
            open.map(({ transfer }) => transfer),
          );
          return open.map((review) => viewOf(review, history, shard));
        }),
      ),
    ),
  );
  return found.flat().sort(byAge).slice(0, page.limit);
}

function viewOf(
  { transfer: id, opened, escalated }: OpenReview,
  history: readonly { readonly body: string }[],
  shard: number,
): OpenReviewView {
  const transfer = transferViewOf(history, id, shard);
  if (transfer === undefined) throw new Error(`nothing is recorded of ${id}, which is in review`);
  return { transfer, opened, escalated };
}

const byAge = (a: OpenReviewView, b: OpenReviewView): number =>
  a.opened !== b.opened ? (a.opened < b.opened ? -1 : 1) : a.transfer.id < b.transfer.id ? -1 : 1;
