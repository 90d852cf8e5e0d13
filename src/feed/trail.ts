import type pg from 'pg';
import type { TenantId } from '../domain/ids.js';
import type { HeadWatch } from '../storage/head-watch.js';
import { readHead } from '../storage/statements/read-head.js';
import { readOwners } from '../storage/statements/read-tenant-events.js';

export interface TrailOptions {
  /** As the posting role: it learns whose each event is, and never reads a text. */
  readonly pool: pg.Pool;
  /** Nothing may be told that a failover can undo. */
  readonly barrier: { pass(): Promise<void> };
  readonly head: HeadWatch;
  /** Told when the shard can not be asked; it is asked again by itself. */
  readonly onError: (error: unknown) => void;
  /** How many of the latest events it keeps the owners of. */
  readonly kept?: number;
}

const KEPT = 65_536;
const AT_ONCE = 10_000;
const POLL_MS = 1_000;
const RETRY_MS = 500;
/** It goes on for a while when nobody is left, for those who come back. */
const LINGER_MS = 30_000;

/**
 * Whose the latest events of a shard are. All who wait on a node share one: each commit is read once, however many
 * wait, and wakes only those whose tenants it concerns. Runs only while somebody waits.
 */
export class Trail {
  private readonly kept: number;
  private readonly listeners = new Map<TenantId, Set<() => void>>();
  /** The owner of event `first + i`; empty and unknown while it does not run. */
  private owners: (TenantId | null)[] = [];
  private first = 0;
  private running: AbortController | undefined;
  private lingering: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(private readonly options: TrailOptions) {
    this.kept = options.kept ?? KEPT;
  }

  /** The last event it knows of; 0 while it knows nothing. */
  get last(): number {
    return this.first === 0 ? 0 : this.first + this.owners.length - 1;
  }

  /** Whether it knows every owner from the event after `seq` on. */
  covers(seq: number): boolean {
    return this.first > 0 && seq >= this.first - 1 && seq <= this.last;
  }

  /** The first `limit` of a tenant's events after `after`, which must be covered. */
  seqsOf(tenant: TenantId, after: number, limit: number): number[] {
    const found: number[] = [];
    for (let seq = after + 1; seq <= this.last && found.length < limit; seq += 1) {
      if (this.owners[seq - this.first] === tenant) found.push(seq);
    }
    return found;
  }

  /** Calls back when the tenant has news; what is returned ends that. */
  onNews(tenant: TenantId, listener: () => void): () => void {
    const own = this.listeners.get(tenant) ?? new Set();
    this.listeners.set(tenant, own.add(listener));
    this.start();
    return () => {
      own.delete(listener);
      if (own.size === 0 && this.listeners.get(tenant) === own) this.listeners.delete(tenant);
      if (this.listeners.size === 0) this.stopLater();
    };
  }

  close(): void {
    this.closed = true;
    this.stop();
  }

  private start(): void {
    clearTimeout(this.lingering);
    if (this.running !== undefined || this.closed) return;
    this.running = new AbortController();
    void this.run(this.running.signal);
  }

  private stopLater(): void {
    clearTimeout(this.lingering);
    this.lingering = setTimeout(() => this.stop(), LINGER_MS).unref();
  }

  private stop(): void {
    clearTimeout(this.lingering);
    this.running?.abort();
    this.running = undefined;
    this.owners = [];
    this.first = 0;
  }

  private async run(ended: AbortSignal): Promise<void> {
    const wake = this.options.head.subscribe(ended);
    // A wait that nobody ends would hold up the stop.
    ended.addEventListener('abort', () => wake.wake(), { once: true });
    while (!ended.aborted) {
      try {
        if (await this.follow(ended)) continue;
        await wake.wait(POLL_MS);
      } catch (error) {
        if (ended.aborted) return;
        this.options.onError(error);
        await wake.wait(RETRY_MS);
      }
    }
  }

  /** Takes in what is new; true if there may be more. */
  private async follow(ended: AbortSignal): Promise<boolean> {
    const { pool, barrier } = this.options;
    if (this.first === 0) {
      const { seq } = await readHead(pool);
      await barrier.pass();
      if (ended.aborted) return false;
      this.first = seq + 1;
      // What came before is for each to look through.
      for (const tenant of [...this.listeners.keys()]) this.tell(tenant);
      return true;
    }
    const news = await readOwners(pool, this.last, AT_ONCE);
    if (news.length === 0) return false;
    await barrier.pass();
    if (ended.aborted) return false;
    for (const { tenant } of news) this.owners.push(tenant);
    if (this.owners.length > 2 * this.kept) {
      const surplus = this.owners.length - this.kept;
      this.owners.splice(0, surplus);
      this.first += surplus;
    }
    for (const tenant of new Set(news.map(({ tenant: owner }) => owner)))
      if (tenant !== null) this.tell(tenant);
    return news.length === AT_ONCE;
  }

  private tell(tenant: TenantId): void {
    for (const listener of [...(this.listeners.get(tenant) ?? [])]) listener();
  }
}
