import type { TenantId } from '../domain/ids.js';
import { InvalidCursorError } from '../errors/invalid-cursor-error.js';
import { UnavailableError } from '../errors/shard-errors.js';
import { asTenant } from '../storage/as-tenant.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readHead } from '../storage/statements/read-head.js';
import {
  type EventText,
  type Most,
  readEventsAt,
  readStretch,
} from '../storage/statements/read-tenant-events.js';
import { WakeUp } from '../storage/wake-up.js';
import { decodeCursor, encodeCursor, type Positions } from './cursor.js';
import type { Trail } from './trail.js';
import type { FeedPage, FeedPort, FeedReader } from './views.js';

export interface EventFeedOptions {
  readonly cluster: string;
  /** As the reader role, which sees one tenant at a time. */
  readonly pools: ShardPools;
  /** By shard number. */
  readonly trails: readonly Trail[];
  /** How many events of a shard one look goes through in search of the tenant's. */
  readonly span?: number;
}

/** What one look at a shard gave: the tenant's events, and up to where there are no others of its. */
interface Look {
  readonly events: readonly EventText[];
  readonly upTo: number;
  readonly caughtUp: boolean;
}

const SPAN = 10_000;

/**
 * A tenant's own events from every shard, in each shard's order, without a gap. Near the end of a journal the shard's
 * trail tells which events are the tenant's; further back it looks through a bounded stretch at a time.
 */
export class EventFeed implements FeedPort {
  /** Looks under way: those who ask for the same, as all of a tenant's streams do, share one. */
  private readonly looks = new Map<string, Promise<Look>>();

  constructor(private readonly options: EventFeedOptions) {}

  async open(tenant: TenantId, from: string, { live }: { readonly live: boolean }): Promise<FeedReader> {
    const { cluster, trails } = this.options;
    const positions =
      from === 'now'
        ? await this.ends()
        : from === 'start'
          ? trails.map(() => 0)
          : decodeCursor(cluster, tenant, trails.length, from);
    if (positions === undefined) throw new InvalidCursorError('This cursor is none of yours.');
    return this.reader(tenant, positions, live);
  }

  private reader(tenant: TenantId, from: Positions, live: boolean): FeedReader {
    const wake = new WakeUp();
    const ends = live ? this.options.trails.map((trail) => trail.onNews(tenant, () => wake.wake())) : [];
    let positions = from;
    return {
      read: async (most) => {
        const { page, next } = await this.page(tenant, positions, most);
        positions = next;
        return page;
      },
      wait: async (timeoutMs, signal) => {
        const stop = (): void => wake.wake();
        if (signal.aborted) return;
        signal.addEventListener('abort', stop, { once: true });
        await wake.wait(timeoutMs);
        signal.removeEventListener('abort', stop);
      },
      close: () => {
        for (const end of ends) end();
      },
    };
  }

  private async ends(): Promise<Positions> {
    const { pools, trails } = this.options;
    return Promise.all(
      trails.map((_, shard) => pools.read(shard, async (pool) => (await readHead(pool)).seq)),
    );
  }

  private async page(
    tenant: TenantId,
    after: Positions,
    most: Most,
  ): Promise<{ readonly page: FeedPage; readonly next: Positions }> {
    const looks = await Promise.allSettled(after.map((seq, shard) => this.look(tenant, shard, seq, most)));
    const unreachable: number[] = [];
    const found: { readonly shard: number; readonly seq: number; readonly text: string; time: string }[] = [];
    const upTo = [...after];
    let caughtUp = true;
    looks.forEach((look, shard) => {
      if (look.status === 'rejected') {
        if (!(look.reason instanceof UnavailableError)) throw look.reason;
        unreachable.push(shard);
        caughtUp = false;
        return;
      }
      upTo[shard] = look.value.upTo;
      caughtUp &&= look.value.caughtUp;
      for (const { seq, body } of look.value.events)
        found.push({ shard, seq, text: body, time: timeOf(body) });
    });
    // Stable, and times never go backwards within a shard: its order stays.
    found.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : a.shard - b.shard));
    const taken = cut(found, most);
    const at = [...after];
    const events = taken.map(({ shard, seq, text }) => {
      at[shard] = seq;
      return { shard, seq, text, cursor: encodeCursor(this.options.cluster, tenant, at) };
    });
    // Nothing was left behind of a shard whose events are all in: on to where it was looked through.
    const left = new Set(found.slice(taken.length).map(({ shard }) => shard));
    const next = at.map((seq, shard) => (left.has(shard) ? seq : (upTo[shard] ?? seq)));
    const cursor = encodeCursor(this.options.cluster, tenant, next);
    return { page: { events, cursor, caughtUp: caughtUp && left.size === 0, unreachable }, next };
  }

  private look(tenant: TenantId, shard: number, after: number, most: Most): Promise<Look> {
    const key = [tenant, shard, after, most.events, most.bytes].join('/');
    const shared = this.looks.get(key);
    if (shared !== undefined) return shared;
    const look = this.lookAt(tenant, shard, after, most).finally(() => this.looks.delete(key));
    this.looks.set(key, look);
    return look;
  }

  private async lookAt(tenant: TenantId, shard: number, after: number, most: Most): Promise<Look> {
    const { pools, trails, span = SPAN } = this.options;
    const trail = trails[shard];
    if (trail?.covers(after) === true) {
      const { last } = trail;
      const seqs = trail.seqsOf(tenant, after, most.events);
      if (seqs.length === 0) return { events: [], upTo: last, caughtUp: true };
      const events = await pools.read(shard, (pool) =>
        asTenant(pool, tenant, (db) => readEventsAt(db, seqs, most)),
      );
      const given = events.at(-1)?.seq;
      if (given === undefined) throw new Error(`shard ${shard} does not show event ${seqs[0]} to ${tenant}`);
      const all = events.length === seqs.length && seqs.length < most.events;
      return { events, upTo: all ? last : given, caughtUp: all };
    }
    const { events, head } = await pools.read(shard, (pool) =>
      asTenant(pool, tenant, (db) => readStretch(db, after, span, most)),
    );
    if (head < after) throw new InvalidCursorError('This cursor is of events that are not there.');
    const bytes = events.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);
    const all = events.length < most.events && bytes < most.bytes;
    const upTo = all ? Math.min(head, after + span) : (events.at(-1)?.seq ?? after);
    return { events, upTo, caughtUp: upTo === head };
  }
}

/** As many as are allowed, at least one. */
function cut<T extends { readonly text: string }>(events: readonly T[], most: Most): readonly T[] {
  let bytes = 0;
  for (const [index, { text }] of events.entries()) {
    if (index >= most.events || (index > 0 && bytes >= most.bytes)) return events.slice(0, index);
    bytes += Buffer.byteLength(text);
  }
  return events;
}

/** Attributes stand before the data, and none before the time has a text of a caller's. */
const timeOf = (text: string): string => /"time":"([^"]+)"/.exec(text)?.[1] ?? '';
