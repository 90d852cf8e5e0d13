import type { TestShards } from './cluster.js';
import { CompactTenant } from './compact-tenant.js';

/** A tenant all of whose accounts lie on that shard, with accounts of these names. */
export async function tenantOn(
  shards: TestShards,
  shard: number,
  accounts: readonly string[],
): Promise<CompactTenant> {
  for (let n = 0; ; n += 1) {
    const tenant = new CompactTenant(`tenant-${n}` as never);
    if (shards.facts.map.shardAt(tenant.bucket) !== shard) continue;
    await shards.tenant(tenant.tenant, 'compact');
    const writer = shards.writer(shard);
    await tenant.open(writer, [...accounts]);
    await writer.close();
    return tenant;
  }
}
