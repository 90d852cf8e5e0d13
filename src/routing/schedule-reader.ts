import { occurrenceIdOf, type ScheduleId, type TenantId } from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { asTenant } from '../storage/as-tenant.js';
import type { Queryable } from '../storage/queryable.js';
import type { ShardPools } from '../storage/shard-pools.js';
import {
  type KeptSchedule,
  readLinked,
  readNextSchedules,
  readSchedule,
  readScheduleList,
} from '../storage/statements/read-schedule-list.js';
import { type Listing, listingOf } from './answering.js';
import { occurrencesOf, scheduleViewOf } from './schedule-view.js';
import type { OccurrencePage, SchedulePage, ScheduleStatus, ScheduleView } from './schedule-views.js';
import type { ShardMap } from './shard-map.js';
import type { TimedEvent } from './transfer-view.js';
import { transferViews } from './transfer-views.js';

/** How many past occurrences a schedule is shown with. */
const LATEST = 20;

/** Reads a tenant's schedules, each from the shard of its first debit account: sees every acknowledged change. */
export class ScheduleReader {
  constructor(
    private readonly map: ShardMap,
    /** As the reader role, which sees one tenant at a time. */
    private readonly pools: ShardPools,
  ) {}

  /** In the order of their ids, without what became of their occurrences. */
  async schedules(tenant: TenantId, page: SchedulePage): Promise<ScheduleView[]> {
    const read = (shard: number): Promise<KeptSchedule[]> =>
      this.pools.read(shard, (pool) => asTenant(pool, tenant, (db) => readScheduleList(db, tenant, page)));
    const found = (await Promise.all(this.map.shards.map(read))).flat();
    return found
      .map(viewOf)
      .sort((a, b) => (a.id < b.id ? -1 : 1))
      .slice(0, page.limit);
  }

  /** With its latest occurrences. Undefined if the tenant has no such schedule. */
  async schedule(tenant: TenantId, id: ScheduleId): Promise<ScheduleView | undefined> {
    return this.as(tenant, id, async (db) => {
      const kept = await readSchedule(db, id);
      if (kept === undefined) return undefined;
      const { events, page } = await this.past(db, kept, Number.MAX_SAFE_INTEGER, LATEST);
      const canceledAt = events.find(({ event }) => event.type === 'schedule.canceled')?.time;
      const { occurrences } = page;
      return { ...viewOf(kept), ...(canceledAt === undefined ? {} : { canceledAt }), occurrences };
    });
  }

  /** Its past occurrences, the latest first, of those that a page before ended with (`before`). */
  async occurrences(
    tenant: TenantId,
    id: ScheduleId,
    { before, limit }: { readonly before?: number; readonly limit: number },
  ): Promise<OccurrencePage | undefined> {
    return this.as(tenant, id, async (db) => {
      const kept = await readSchedule(db, id);
      return kept && (await this.past(db, kept, before ?? Number.MAX_SAFE_INTEGER, limit)).page;
    });
  }

  private async past(
    db: Queryable,
    { state }: KeptSchedule,
    before: number,
    limit: number,
  ): Promise<{ readonly events: readonly TimedEvent[]; readonly page: OccurrencePage }> {
    const { id, tenant, once, canceled } = state;
    // The cancel of a transfer that was asked for in advance is linked to that transfer.
    const parent = once && canceled ? occurrenceIdOf(tenant, id, 1) : id;
    const found = await readLinked(db, [parent], before, limit + 1);
    const shown = found.slice(0, limit);
    const events = shown.map(({ body }) => timed(body));
    const fired = events.flatMap(({ event }) => (event.type === 'schedule.fired' ? [event.fired] : []));
    const transfers = await transferViews(db, fired, this.map.shardOf(id));
    const last = shown.at(-1);
    const next = found.length > limit && last !== undefined ? { next: last.seq } : {};
    return { events, page: { occurrences: occurrencesOf(events, transfers), ...next } };
  }

  private as<T>(tenant: TenantId, id: ScheduleId, read: (db: Queryable) => Promise<T>): Promise<T> {
    return this.pools.read(this.map.shardOf(id), (pool) => asTenant(pool, tenant, read));
  }
}

function timed(body: string): TimedEvent {
  const { event, envelope } = decodeEvent(body);
  return { event, time: envelope.time };
}

const viewOf = ({ state, body }: KeptSchedule): ScheduleView => scheduleViewOf(timed(body), state);

/** Those of every tenant, or of one, that are due the soonest: for an operator. `pools`: as a role that sees all. */
export const everyonesSchedules = (
  map: ShardMap,
  pools: ShardPools,
  page: { readonly tenant?: TenantId; readonly status?: ScheduleStatus; readonly limit: number },
): Promise<Listing<ScheduleView>> =>
  listingOf(map.shards, page.limit, byDue, (shard) =>
    pools.read(shard, async (pool) => {
      const { items, all } = await readNextSchedules(pool, page);
      return { items: items.map(viewOf), all };
    }),
  );

/** The soonest first, what has ended last. */
function byDue(a: ScheduleView, b: ScheduleView): number {
  const [left, right] = [a.next?.due ?? '~', b.next?.due ?? '~'];
  return left !== right ? (left < right ? -1 : 1) : a.id < b.id ? -1 : 1;
}
