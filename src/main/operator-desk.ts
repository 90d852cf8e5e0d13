import { TenantDirectory } from '../control/tenants.js';
import type { ScheduleId, TenantId, TransferId } from '../domain/ids.js';
import { Intake } from '../intake/intake.js';
import type { NewDecision, NewScheduleCancel, ScheduleAnswer, TransferAnswer } from '../intake/requests.js';
import { decodeEvent } from '../journal/decode.js';
import { AccountDirectory } from '../routing/account-directory.js';
import type { Listing } from '../routing/answering.js';
import { everyonesReviews } from '../routing/reviews.js';
import { Router } from '../routing/router.js';
import { everyonesSchedules, ScheduleReader } from '../routing/schedule-reader.js';
import type { ScheduleStatus, ScheduleView } from '../routing/schedule-views.js';
import { transferViewOf } from '../routing/transfer-view.js';
import type { OpenReviewView, TransferView } from '../routing/views.js';
import { ShardPools } from '../storage/shard-pools.js';
import { readHistory } from '../storage/statements/read-history.js';
import { readSchedule } from '../storage/statements/read-schedule-list.js';
import { type OperatorOptions, openDatabases } from './operator-databases.js';

/** One event of a transfer's story. */
export interface TransferEvent {
  /** `<shard>-<seq>`. */
  readonly event: string;
  readonly type: string;
  /** RFC 3339. */
  readonly at: string;
  readonly actor: string;
}

/** A transfer with who did what to it. */
export interface ToldTransfer {
  readonly transfer: TransferView;
  readonly events: readonly TransferEvent[];
}

/** Of every tenant, unless one is named. */
export interface OperatorPage {
  readonly tenant?: TenantId;
  readonly limit: number;
}

/** An operator's way to transfers in review and to schedules: over the databases, whether or not a node runs. */
export interface OperatorDesk {
  /** The longest waiting first. */
  reviews(page: OperatorPage): Promise<Listing<OpenReviewView>>;
  transfer(id: TransferId): Promise<ToldTransfer | undefined>;
  /** Under the key and as the event has it of whoever decides; the first decision that the shard takes stands. */
  decide(request: NewDecision, actor: string): Promise<TransferAnswer>;
  /** The next due first. */
  schedules(page: OperatorPage & { readonly status?: ScheduleStatus }): Promise<Listing<ScheduleView>>;
  schedule(id: ScheduleId): Promise<ScheduleView | undefined>;
  cancelSchedule(request: NewScheduleCancel, actor: string): Promise<ScheduleAnswer>;
  close(): Promise<void>;
}

/** `sagaDeadlineMs`: how long after its approval a transfer across shards may still be undecided. */
export async function openOperatorDesk({
  sagaDeadlineMs,
  ...options
}: OperatorOptions & { readonly sagaDeadlineMs: number }): Promise<OperatorDesk> {
  const { facts, control, pools: all, writer, close } = await openDatabases(options);
  const { map } = facts;
  const pools = new ShardPools(all);
  const router = new Router(map, map.shards.map(writer));
  const tenants = new TenantDirectory(control);
  const intake = new Intake({
    router,
    pools,
    directory: new AccountDirectory(map, pools),
    placementOf: (tenant) => tenants.placementOf(tenant),
    // Nobody waits here for a transfer's end.
    ends: [],
    sagaDeadlineMs,
  });
  const schedules = new ScheduleReader(map, pools);
  return {
    reviews: (page) => everyonesReviews(map, pools, page),
    transfer: async (id) => {
      const shard = map.shardOf(id);
      const history = await pools.read(shard, (pool) => readHistory(pool, [id]));
      const transfer = transferViewOf(history, id, shard);
      return transfer && { transfer, events: history.map(({ body }) => told(body)) };
    },
    decide: (request, actor) => intake.decide(request, { actor }),
    schedules: (page) => everyonesSchedules(map, pools, page),
    schedule: async (id) => {
      const kept = await pools.read(map.shardOf(id), (pool) => readSchedule(pool, id));
      return kept && schedules.schedule(kept.state.tenant, id);
    },
    cancelSchedule: (request, actor) => intake.cancelSchedule(request, { actor }),
    close: async () => {
      await router.close();
      await close();
    },
  };
}

function told(body: string): TransferEvent {
  const { event, envelope } = decodeEvent(body);
  const { id, time: at, actor } = envelope;
  return { event: id, type: event.type, at, actor };
}
