import type { TenantId } from '../../domain/ids.js';
import { problem } from '../problem.js';

export interface WatcherLimits {
  /** Requests of one tenant that wait for events at a time, on this node. */
  readonly perTenant: number;
  readonly perNode: number;
}

export const WATCHER_LIMITS: WatcherLimits = { perTenant: 1_000, perNode: 5_000 };

/** One request that stays open. */
export interface Watcher {
  /** Aborted when its client is gone or the node stops. */
  readonly ended: AbortSignal;
  end(): void;
  /** Gives its place back. */
  leave(): void;
}

/** Requests that stay open to wait for events: counted, limited, and all ended when the node stops. */
export class Watchers {
  private readonly open = new Map<AbortController, TenantId>();
  private readonly perTenant = new Map<TenantId, number>();
  private stopped = false;

  constructor(private readonly limits: WatcherLimits = WATCHER_LIMITS) {}

  get count(): number {
    return this.open.size;
  }

  /** @throws ProblemError if there is no place left */
  enter(tenant: TenantId): Watcher {
    const own = this.perTenant.get(tenant) ?? 0;
    if (own >= this.limits.perTenant || this.open.size >= this.limits.perNode)
      throw problem('too_many_watchers', {}, { 'retry-after': '5' });
    const controller = new AbortController();
    this.open.set(controller, tenant);
    this.perTenant.set(tenant, own + 1);
    if (this.stopped) controller.abort();
    return {
      ended: controller.signal,
      end: () => controller.abort(),
      leave: () => this.leave(controller, tenant),
    };
  }

  stop(): void {
    this.stopped = true;
    for (const controller of this.open.keys()) controller.abort();
  }

  private leave(controller: AbortController, tenant: TenantId): void {
    if (!this.open.delete(controller)) return;
    const left = (this.perTenant.get(tenant) ?? 1) - 1;
    if (left === 0) this.perTenant.delete(tenant);
    else this.perTenant.set(tenant, left);
  }
}
