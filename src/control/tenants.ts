import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { LRUCache } from 'lru-cache';
import type pg from 'pg';
import type { Origin } from '../domain/command.js';
import type { TenantId } from '../domain/ids.js';
import { homeBucketOf, type Placement } from '../routing/placement.js';
import type { Router } from '../routing/router.js';
import { reaching } from '../storage/reaching.js';
import { tenants } from '../storage/schema/control.js';

/** Where tenants and their placement are kept; cached, because a placement never changes. */
export class TenantDirectory {
  private readonly cache = new LRUCache<TenantId, { readonly placement: Placement }>({ max: 100_000 });

  constructor(private readonly control: pg.Pool) {}

  /** At once where it is known. */
  placementOf(tenant: TenantId): Placement | Promise<Placement> {
    return this.cache.get(tenant)?.placement ?? this.read(tenant);
  }

  private async read(tenant: TenantId): Promise<Placement> {
    const ask = drizzle(this.control).select().from(tenants).where(eq(tenants.id, tenant));
    const [row] = await reaching('the control database', async () => await ask);
    if (row === undefined) throw new Error(`there is no tenant ${tenant}`);
    this.cache.set(tenant, row);
    return row.placement;
  }

  /** Makes a tenant: its row first, then its event on its home shard. Repeating it with the same placement is fine. */
  async create(tenant: TenantId, placement: Placement, router: Router, origin: Origin): Promise<void> {
    await drizzle(this.control).insert(tenants).values({ id: tenant, placement }).onConflictDoNothing();
    const kept = await this.placementOf(tenant);
    if (kept !== placement)
      throw new Error(`the tenant ${tenant} is ${kept}, which can not be changed to ${placement}`);
    const shard = router.map.shardAt(homeBucketOf(tenant));
    await router.submit(shard, { kind: 'create_tenant', tenant, placement }, origin);
  }
}
