import {
  type AccountId,
  BUCKET_COUNT,
  bucketOf,
  type ClaimId,
  type ScheduleId,
  type TransferId,
} from '../domain/ids.js';

/** Which shard owns each bucket. Static for now; each bucket has an epoch so that it can move later. */
export class ShardMap {
  constructor(
    private readonly shardOfBucket: readonly number[],
    readonly shardCount: number,
  ) {
    if (shardOfBucket.length !== BUCKET_COUNT) throw new RangeError(`a map has ${BUCKET_COUNT} buckets`);
  }

  shardOf(id: AccountId | TransferId | ScheduleId | ClaimId): number {
    return this.shardAt(bucketOf(id));
  }

  shardAt(bucket: number): number {
    const shard = this.shardOfBucket[bucket];
    if (shard === undefined) throw new RangeError(`there is no bucket ${bucket}`);
    return shard;
  }

  get shards(): number[] {
    return Array.from({ length: this.shardCount }, (_, shard) => shard);
  }

  /** The buckets of one shard as inclusive ranges, in order. */
  rangesOf(shard: number): [number, number][] {
    const ranges: [number, number][] = [];
    this.shardOfBucket.forEach((owner, bucket) => {
      if (owner !== shard) return;
      const last = ranges.at(-1);
      if (last !== undefined && last[1] === bucket - 1) last[1] = bucket;
      else ranges.push([bucket, bucket]);
    });
    return ranges;
  }
}

/** The map a cluster starts with: equal, contiguous ranges. */
export const initialShardOf = (bucket: number, shards: number): number =>
  Math.floor((bucket * shards) / BUCKET_COUNT);

/** The item of a shard in a list by shard number. */
export function atShard<T>(items: readonly T[], shard: number): T {
  const item = items[shard];
  if (item === undefined) throw new RangeError(`there is no shard ${shard}`);
  return item;
}
