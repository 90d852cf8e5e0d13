import { drizzle } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import { BUCKET_COUNT } from '../domain/ids.js';
import { initialShardOf, ShardMap } from '../routing/shard-map.js';
import { buckets, cluster, shards } from '../storage/schema/control.js';

export interface ClusterFacts {
  readonly name: string;
  readonly map: ShardMap;
  /** The epoch each shard was told, by shard number. */
  readonly epochs: readonly number[];
}

/** Whether the control database has never been told of a cluster. */
export async function isNewCluster(control: pg.Pool): Promise<boolean> {
  return (await drizzle(control).select().from(cluster)).length === 0;
}

/**
 * Reads the cluster's name, bucket map and epochs, and writes them first if the control database is empty.
 * Safe to run from many nodes at once. Throws if the database was made for another cluster or number of shards.
 */
export async function openCluster(control: pg.Pool, name: string, shardCount: number): Promise<ClusterFacts> {
  const db = drizzle(control);
  await db.transaction(async (tx) => {
    const made = await tx
      .insert(cluster)
      .values({ name, shards: shardCount })
      .onConflictDoNothing()
      .returning();
    if (made.length === 0) return;
    await tx.insert(shards).values(Array.from({ length: shardCount }, (_, shard) => ({ shard, epoch: 1 })));
    const map = Array.from({ length: BUCKET_COUNT }, (_, bucket) => ({
      bucket,
      shard: initialShardOf(bucket, shardCount),
      epoch: 1,
    }));
    await tx.insert(buckets).values(map);
  });
  return readCluster(control, name, shardCount);
}

/** Reads them and writes nothing. Throws if the database holds no cluster, or another one. */
export async function readCluster(control: pg.Pool, name: string, shardCount: number): Promise<ClusterFacts> {
  const db = drizzle(control);
  const [kept] = await db.select().from(cluster);
  if (kept?.name !== name || kept.shards !== shardCount) {
    throw new Error(
      `the control database belongs to the cluster "${kept?.name}" of ${kept?.shards} shards, ` +
        `and "${name}" of ${shardCount} was asked for (SALDO_CLUSTER, --cluster, SALDO_SHARD_URLS)`,
    );
  }
  const owners = await db.select().from(buckets).orderBy(buckets.bucket);
  const told = await db.select().from(shards).orderBy(shards.shard);
  return {
    name,
    map: new ShardMap(
      owners.map(({ shard }) => shard),
      shardCount,
    ),
    epochs: told.map(({ epoch }) => epoch),
  };
}
