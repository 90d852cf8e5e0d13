import type pg from 'pg';
import { type ClusterFacts, isNewCluster, openCluster } from '../control/cluster.js';
import { TenantDirectory } from '../control/tenants.js';
import type { TenantId, TransferId } from '../domain/ids.js';
import type { ShardStoppedError } from '../errors/shard-errors.js';
import { EventFeed } from '../feed/event-feed.js';
import { Trail } from '../feed/trail.js';
import { Intake } from '../intake/intake.js';
import type { ReviewRules } from '../intake/review-rules.js';
import type { ComputedBatch } from '../posting/compute-batch.js';
import { ShardWriter } from '../posting/shard-writer.js';
import type { ShardWriterOptions } from '../posting/shard-writer-options.js';
import { AccountDirectory } from '../routing/account-directory.js';
import { LedgerReader } from '../routing/reader.js';
import { Router } from '../routing/router.js';
import { ScheduleReader } from '../routing/schedule-reader.js';
import { atShard } from '../routing/shard-map.js';
import { EndWatch } from '../saga/end-watch.js';
import { type InDoubt, readInDoubt } from '../saga/in-doubt.js';
import { Intents } from '../saga/intents.js';
import { LastErrors } from '../saga/last-errors.js';
import { SagaSteps } from '../saga/steps.js';
import { HeadWatch } from '../storage/head-watch.js';
import { migrateDatabase } from '../storage/migrate.js';
import { createPool, type DatabaseRole } from '../storage/pools.js';
import { ShardPools } from '../storage/shard-pools.js';
import { ShardOpenings } from './shard-openings.js';

export interface LedgerOptions {
  readonly cluster: string;
  readonly shardUrls: readonly string[];
  readonly controlUrl: string;
  readonly sagaDeadlineMs?: number;
  /** Which transfers wait for a person, and for how long; absent: a week, none by amount. */
  readonly reviewRules?: ReviewRules;
  /** A review was decided at this node. */
  readonly onDecided?: (review: TransferId) => void;
  readonly faultPoint?: (name: string) => void;
  readonly onStopped?: (error: ShardStoppedError) => void;
  /** Called when a shard can not be written for now; it is tried again until it can. */
  readonly onTrouble?: (shard: number, why: string) => void;
  /** A step of a saga that broke by itself; it is taken up again, and a person should look. */
  readonly onBroken?: (transfer: string, error: Error) => void;
  /** A shard whose news can not be followed for those who wait for events; tried again by itself. */
  readonly onFeedError?: (shard: number, error: unknown) => void;
  /** Called after each commit of this node, before anyone is answered. */
  readonly onCommitted?: (shard: number, batch: ComputedBatch, commitMs: number) => void;
  /** For tests: another clock, cache or writer version. */
  readonly writer?: Partial<ShardWriterOptions>;
}

/** A node's way to the books: everything but what it serves and runs. */
export interface Ledger {
  readonly facts: ClusterFacts;
  readonly control: pg.Pool;
  readonly tenants: TenantDirectory;
  readonly router: Router;
  readonly intake: Intake;
  readonly reader: LedgerReader;
  readonly feed: EventFeed;
  /** What the tenant has on its way between shards. */
  readonly inDoubt: (tenant: TenantId, limit: number) => Promise<InDoubt>;
  readonly schedules: ScheduleReader;
  readonly steps: SagaSteps;
  /** Of the steps that this node carried out. */
  readonly lastErrors: LastErrors;
  /** As the posting role. */
  readonly pools: ShardPools;
  /** By shard number. */
  readonly heads: readonly HeadWatch[];
  /** Does now what is due at a shard when a node starts or, where the shard does not answer, when it is back. */
  due(work: () => Promise<unknown>): Promise<void>;
  close(): Promise<void>;
}

const SETUP = { actor: 'system:setup' } as const;

/**
 * Migrates, opens the shards (once in their life) and wires posting, intake and reading together. Of a cluster that is known a shard
 * may be away, now as later: what touches it waits.
 */
export async function openLedger(options: LedgerOptions): Promise<Ledger> {
  const { cluster, shardUrls, controlUrl } = options;
  await migrateDatabase(controlUrl, 'control');
  const control = createPool({ url: controlUrl, role: 'owner', name: 'control', max: 4 });
  const openings = new ShardOpenings(shardUrls);
  const facts = await (async () => {
    await openings.begin({ all: await isNewCluster(control) });
    return openCluster(control, cluster, shardUrls.length);
  })().catch(async (error: unknown) => {
    await control.end();
    throw error;
  });
  const pools = poolsOf(shardUrls, 'posting');
  const readers = poolsOf(shardUrls, 'reader');
  // Its own, few connections: whoever reads a long history takes none from those who ask for a balance.
  const feedReaders = poolsOf(shardUrls, 'reader', 2);
  const heads = shardUrls.map((url) => new HeadWatch(url));
  const ends = heads.map((head, shard) => new EndWatch(pools.at(shard), head));
  const intents = new Intents(pools);
  const lastErrors = new LastErrors();
  const onCommitted = (shard: number, batch: ComputedBatch, commitMs: number): void => {
    options.onCommitted?.(shard, batch, commitMs);
    intents.committed(shard, batch);
    fireFaultPoints('after', batch, options.faultPoint);
    atShard(ends, shard).committed(batch);
  };
  const trails = heads.map(
    (head, shard) =>
      new Trail({
        pool: pools.at(shard),
        barrier: pools.barrier(shard),
        head,
        onError: (error) => options.onFeedError?.(shard, error),
      }),
  );
  const router = new Router(
    facts.map,
    facts.map.shards.map((shard) => writerOf(options, facts, pools.at(shard), openings, shard, onCommitted)),
  );
  const opened = facts.map.shards.map((shard) => {
    const command = { kind: 'open_shard', cluster, buckets: facts.map.rangesOf(shard) } as const;
    return openings.dueAt(shard, () => router.submit(shard, command, SETUP));
  });
  await Promise.all(opened);
  for (const head of heads) head.start();
  const tenants = new TenantDirectory(control);
  const intake = new Intake({
    router,
    pools,
    directory: new AccountDirectory(facts.map, pools),
    placementOf: (tenant) => tenants.placementOf(tenant),
    ends,
    ...(options.sagaDeadlineMs === undefined ? {} : { sagaDeadlineMs: options.sagaDeadlineMs }),
    ...(options.reviewRules === undefined ? {} : { reviewRules: options.reviewRules }),
    ...(options.onDecided === undefined ? {} : { onDecided: options.onDecided }),
  });
  return {
    facts,
    control,
    tenants,
    router,
    intake,
    reader: new LedgerReader(facts.map, readers, (tenant) => tenants.placementOf(tenant)),
    feed: new EventFeed({ cluster, pools: feedReaders, trails }),
    inDoubt: async (tenant, limit) => {
      const found = await readInDoubt(readers.byShard(), limit, tenant);
      const answering = facts.map.shards.filter((shard) => !found.unreachable.includes(shard));
      await Promise.all(answering.map((shard) => pools.barrier(shard).pass()));
      return found;
    },
    schedules: new ScheduleReader(facts.map, readers),
    steps: new SagaSteps(router, intents, options.onBroken ?? (() => undefined), lastErrors),
    lastErrors,
    pools,
    heads,
    due: (work) => openings.due(work),
    close: async () => {
      openings.stop();
      await router.close();
      for (const trail of trails) trail.close();
      await Promise.all(heads.map((head) => head.stop()));
      await Promise.all([control, pools, readers, feedReaders].map((pool) => pool.end()));
    },
  };
}

const poolsOf = (urls: readonly string[], role: DatabaseRole, max = 8): ShardPools =>
  new ShardPools(urls.map((url) => createPool({ url, role, name: role, max })));

function writerOf(
  options: LedgerOptions,
  facts: ClusterFacts,
  pool: pg.Pool,
  openings: ShardOpenings,
  shard: number,
  onCommitted: (shard: number, batch: ComputedBatch, commitMs: number) => void,
): ShardWriter {
  const { faultPoint, onStopped, onTrouble } = options;
  return new ShardWriter({
    shard,
    cluster: options.cluster,
    pool,
    epoch: atShard(facts.epochs, shard),
    ready: () => openings.ready(shard),
    ...(faultPoint && {
      beforeCommit: (batch: ComputedBatch) => fireFaultPoints('before', batch, faultPoint),
    }),
    onCommitted: (batch, commitMs) => onCommitted(shard, batch, commitMs),
    ...(onStopped === undefined ? {} : { onStopped }),
    ...(onTrouble === undefined ? {} : { onTrouble: (why: string) => onTrouble(shard, why) }),
    ...options.writer,
  });
}

const POINT_OF: Readonly<Record<string, string>> = { claim_key: 'claim' };

/** A batch has fault points for each kind of command in it that wrote something. */
function fireFaultPoints(
  when: 'before' | 'after',
  { submissions, answers }: ComputedBatch,
  faultPoint: LedgerOptions['faultPoint'],
): void {
  if (faultPoint === undefined) return;
  submissions.forEach(({ command, dry }, index) => {
    const answer = answers[index];
    if (answer instanceof Error || answer?.kind !== 'recorded' || answer.replayed || dry) return;
    faultPoint(`${when}-${POINT_OF[command.kind] ?? command.kind}`);
  });
}
