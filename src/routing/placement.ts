import { bucketOfDigest, bucketOfName, type TenantId } from '../domain/ids.js';

/** A tenant's rule, set when it is created and never changed. */
export type Placement = 'compact' | 'spread';

/** The bucket a tenant calls home: all of a compact tenant, and where a tenant's own event is written. */
export function homeBucketOf(tenant: TenantId): number {
  const known = homeBuckets.get(tenant);
  if (known !== undefined) return known;
  const bucket = bucketOfName(`tenant:${tenant}`);
  if (homeBuckets.size >= 10_000) homeBuckets.clear();
  homeBuckets.set(tenant, bucket);
  return bucket;
}
/** Asked with every request. */
const homeBuckets = new Map<TenantId, number>();

/** Where a key's claim lives, for ever. */
export const keyBucketOf = (tenant: TenantId, placement: Placement, digest: string): number =>
  placement === 'compact' ? homeBucketOf(tenant) : bucketOfDigest(digest);

/** Where a new account lives: with its tenant, with its group, or by its id. */
export function accountBucketOf(
  tenant: TenantId,
  placement: Placement,
  digest: string,
  group: string | undefined,
): number {
  if (placement === 'compact') return homeBucketOf(tenant);
  return group === undefined ? bucketOfDigest(digest) : bucketOfName(`group:${tenant}:${group}`);
}
