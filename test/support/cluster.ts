import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type ClusterFacts, openCluster } from '../../src/control/cluster.js';
import { TenantDirectory } from '../../src/control/tenants.js';
import { type TenantId, tenantId } from '../../src/domain/ids.js';
import { ShardWriter } from '../../src/posting/shard-writer.js';
import type { ShardWriterOptions } from '../../src/posting/shard-writer-options.js';
import type { Placement } from '../../src/routing/placement.js';
import { Router } from '../../src/routing/router.js';
import { migrateDatabase } from '../../src/storage/migrate.js';
import { createPool } from '../../src/storage/pools.js';

export const TEST_ORIGIN = { actor: 'system:test' } as const;

/** Databases of one test file on the run's real servers: shards, control, and a name that keeps topics apart. */
export interface TestShards {
  readonly name: string;
  readonly shardUrls: readonly string[];
  readonly controlUrl: string;
  readonly facts: ClusterFacts;
  /** As the superuser, going round every grant. */
  owner(shard: number): pg.Pool;
  /** As the posting role. */
  posting(shard: number): pg.Pool;
  writer(shard: number, options?: Partial<ShardWriterOptions>): ShardWriter;
  router(): Router;
  tenant(id: string, placement: Placement): Promise<TenantId>;
  close(): Promise<void>;
}

export async function createTestShards(shards = 2): Promise<TestShards> {
  const stack = inject('stack');
  const name = `t${randomBytes(5).toString('hex')}`;
  const shardUrls = await Promise.all(
    Array.from({ length: shards }, (_, shard) =>
      createDatabase(stack.shardUrls[shard % stack.shardUrls.length] ?? '', `${name}_shard_${shard}`),
    ),
  );
  const controlUrl = await createDatabase(stack.controlUrl, `${name}_control`);
  await Promise.all([
    ...shardUrls.map((url) => migrateDatabase(url, 'shard')),
    migrateDatabase(controlUrl, 'control'),
  ]);
  const pools: pg.Pool[] = [];
  const pool = (url: string | undefined, role: 'owner' | 'posting', max = 8): pg.Pool => {
    const made = createPool({ url: url ?? '', role, name: 'test', max });
    pools.push(made);
    return made;
  };
  const control = pool(controlUrl, 'owner');
  const facts = await openCluster(control, name, shards);
  const posting = shardUrls.map((url) => pool(url, 'posting'));
  const owners = shardUrls.map((url) => pool(url, 'owner', 2));
  const writer = (shard: number, options: Partial<ShardWriterOptions> = {}): ShardWriter =>
    new ShardWriter({
      shard,
      cluster: name,
      pool: at(posting, shard),
      epoch: facts.epochs[shard] ?? 1,
      ...options,
    });
  const opening = facts.map.shards.map((shard) => writer(shard));
  for (const one of opening) {
    const buckets = facts.map.rangesOf(one.shard);
    await one.submit({ kind: 'open_shard', cluster: name, buckets }, TEST_ORIGIN);
  }
  const router = (): Router =>
    new Router(
      facts.map,
      facts.map.shards.map((shard) => writer(shard)),
    );
  return {
    name,
    shardUrls,
    controlUrl,
    facts,
    owner: (shard) => at(owners, shard),
    posting: (shard) => at(posting, shard),
    writer,
    router,
    tenant: async (id, placement) => {
      const tenant = tenantId(id);
      await new TenantDirectory(control).create(tenant, placement, router(), TEST_ORIGIN);
      return tenant;
    },
    close: async () => {
      await Promise.all(pools.map((one) => one.end()));
    },
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  try {
    await client.query(`CREATE DATABASE ${name}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.toString();
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new RangeError(`there is no shard ${index}`);
  return item;
}
