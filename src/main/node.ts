import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import { createSagaActivities } from '../../workflows/activities/saga-activities.js';
import { buildApi } from '../api/build-api.js';
import { Watchers } from '../api/streams/watchers.js';
import { Checkpointer } from '../checkpoints/checkpointer.js';
import type { NodeConfig, Role } from '../config/node-config.js';
import { ApiKeys } from '../control/api-keys.js';
import { isTenantId } from '../domain/ids.js';
import type { Signer } from '../journal/signing-key.js';
import type { KafkaOptions } from '../kafka/client.js';
import { atShard } from '../routing/shard-map.js';
import { Expiry } from '../saga/expiry.js';
import { Overdue } from '../saga/overdue.js';
import { Pump, type StartSaga } from '../saga/pump.js';
import { Scheduler } from '../saga/scheduler.js';
import type { StackAddresses } from '../stack/addresses.js';
import { ShardLock } from '../storage/shard-lock.js';
import type { DueSchedule } from '../storage/statements/read-due-schedules.js';
import type { IntentSince } from '../storage/statements/read-intents-since.js';
import { NodeMetrics } from '../telemetry/metrics.js';
import { serveMetrics } from '../telemetry/metrics-server.js';
import { anchorersOf } from './anchorers.js';
import { journalDocuments } from './documents.js';
import { armFaultPoints } from './fault-points.js';
import { type Ledger, openLedger } from './ledger.js';
import { measureNode } from './measure-node.js';
import { Opened } from './opened.js';
import { readinessOf } from './readiness.js';
import { openRelays } from './relays.js';
import { reviewRulesOf } from './review-rules.js';
import { openSearch } from './search.js';
import { installTemporalRuntime, TemporalLink } from './temporal-link.js';

export interface NodeOptions {
  readonly config: NodeConfig;
  readonly addresses: StackAddresses;
  readonly roles: readonly Role[];
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** How it signs checkpoints of shards that it pumps; without it it makes none. */
  readonly checkpoints?: Checkpoints | undefined;
  readonly logger: Logger;
}

export interface Checkpoints {
  readonly signer: Signer;
  readonly maxEvents: number;
  readonly everyMs: number;
}

export interface RunningNode {
  /** Where the API listens, if this node has that role. */
  readonly url: string | undefined;
  /** Where its metrics are to be had, if at an address of their own. */
  readonly metricsUrl: string | undefined;
  /** Set if this node made the tenant's first key: shown once, kept nowhere. */
  readonly madeApiKey: string | undefined;
  /** Takes no more requests, ends those under way, gives its duties up and closes everything. */
  stop(): Promise<void>;
}

const SETUP = { actor: 'system:setup' } as const;

/** Composes one node of the cluster: what it serves and runs, over one way to the books. What could not start leaves nothing running. */
export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const opened = new Opened();
  try {
    const node = await compose(options, opened);
    return { ...node, stop: () => opened.close() };
  } catch (error) {
    await opened.close();
    throw error;
  }
}

async function compose(
  { config, addresses, roles, host, port, checkpoints, logger }: NodeOptions,
  opened: Opened,
): Promise<Omit<RunningNode, 'stop'>> {
  const { cluster } = config;
  const faultPoint = armFaultPoints(config.faults);
  const metrics = new NodeMetrics();
  // First: where the address is taken, nothing has been begun.
  const own =
    config.metrics.kind === 'own'
      ? await serveMetrics(metrics, config.metrics.host, config.metrics.port)
      : undefined;
  opened.add(() => own?.close());
  const ledger = await openLedger({
    cluster,
    shardUrls: addresses.shardUrls,
    controlUrl: addresses.controlUrl,
    sagaDeadlineMs: config.sagaDeadlineMs,
    reviewRules: reviewRulesOf(config),
    faultPoint,
    onCommitted: (shard, { submissions, from, to }, commitMs) =>
      metrics.committed(shard, {
        commands: submissions.length,
        events: to.seq - from.seq,
        seconds: commitMs / 1_000,
      }),
    onBroken: (transfer, error) => logger.error({ err: error, transfer }, 'a step broke: needs operator'),
    onFeedError: (shard, error) =>
      logger.warn({ err: error, shard }, 'a shard can not be followed for events'),
    onTrouble: (shard, why) => logger.warn({ shard, why }, 'can not write a shard for now; trying again'),
    onStopped: (error) => logger.error({ err: error }, 'stopped writing a shard: an operator must look'),
  });
  opened.add(() => ledger.close());
  const keys = new ApiKeys(ledger.control);
  const madeApiKey = await bootstrap(config, ledger, keys);

  const temporal = temporalLink(config, addresses, roles, ledger, logger);
  temporal?.start();
  opened.add(() => temporal?.stop());
  const relays = !roles.includes('relay')
    ? []
    : openRelays({
        cluster,
        shardUrls: addresses.shardUrls,
        ledger,
        kafkaOptions: kafkaOptionsOf(config, addresses, 'relay', logger),
        metrics,
        faultPoint,
        logger,
      });
  const locks = [
    ...relays.map(({ lock }) => lock),
    ...(roles.includes('pump') && temporal !== undefined
      ? pumpLocks(config, addresses, ledger, temporal, checkpoints, metrics, logger)
      : []),
  ];
  const search = openSearch({
    cluster,
    searchUrl: config.searchUrl,
    controlUrl: addresses.controlUrl,
    kafkaOptions: kafkaOptionsOf(config, addresses, 'search', logger),
    ledger,
    logger: logger.child({ part: 'search' }),
  });
  for (const lock of locks) lock.start();
  if (roles.includes('search')) search.feeder.start();
  opened.add(() => Promise.all([...locks.map((lock) => lock.stop()), search.close()]));
  const watchers = new Watchers();
  measureNode(metrics, {
    ledger,
    relays,
    pumps: roles.includes('pump'),
    search: roles.includes('search') ? search : undefined,
    watchers,
    needsOperatorAfterMs: config.needsOperatorAfterMs,
  });
  const api = roles.includes('api')
    ? await buildApi(
        {
          intake: ledger.intake,
          reader: ledger.reader,
          schedules: ledger.schedules,
          search: search.port,
          feed: ledger.feed,
          inDoubt: ledger.inDoubt,
          documents: journalDocuments(),
          watchers,
          onAnswered: (...answer) => metrics.answered(...answer),
          ...(config.metrics.kind === 'api' ? { metrics } : {}),
          ownerOf: (token) => keys.ownerOf(token),
          readiness: () => readinessOf(ledger),
        },
        logger,
      )
    : undefined;
  opened.add(() => api?.close());
  const url = await api?.listen({ host, port });
  return { url, metricsUrl: own?.url, madeApiKey };
}

/** The first tenant and its key: made once, found at every start after. */
async function bootstrap(config: NodeConfig, ledger: Ledger, keys: ApiKeys): Promise<string | undefined> {
  if (!isTenantId(config.tenant))
    throw new RangeError(
      `SALDO_TENANT must be lower-case letters, digits, - and _, at most 32: "${config.tenant}"`,
    );
  const tenant = config.tenant;
  await ledger.due(() => ledger.tenants.create(tenant, config.placement, ledger.router, SETUP));
  if (config.apiKey !== undefined) await keys.create(tenant, config.apiKey);
  if (config.apiKey !== undefined || (await keys.hasAny(tenant))) return undefined;
  const made = `sk_${randomBytes(4).toString('hex')}_${randomBytes(24).toString('base64url')}`;
  await keys.create(tenant, made);
  return made;
}

function temporalLink(
  { cluster, temporalNamespace: namespace }: NodeConfig,
  { temporalAddress: address }: StackAddresses,
  roles: readonly Role[],
  ledger: Ledger,
  logger: Logger,
): TemporalLink | undefined {
  if (!roles.includes('worker') && !roles.includes('pump')) return undefined;
  installTemporalRuntime(logger);
  // Whoever pumps carries what it starts: else a workflow could be of a version that no worker has.
  const activities = createSagaActivities(ledger.steps);
  return new TemporalLink({ address, namespace, cluster, logger, activities });
}

const kafkaOptionsOf = (
  { cluster }: NodeConfig,
  { kafkaBrokers: brokers }: StackAddresses,
  part: string,
  logger: Logger,
): KafkaOptions => ({
  brokers,
  clientId: `${cluster}.${part}`,
  log: (level, message) => logger[level]({ part: 'kafka' }, message),
});

function pumpLocks(
  config: NodeConfig,
  addresses: StackAddresses,
  ledger: Ledger,
  { startSaga, version }: TemporalLink,
  checkpoints: Checkpoints | undefined,
  metrics: NodeMetrics,
  logger: Logger,
): ShardLock[] {
  const { cluster, needsOperatorAfterMs: afterMs } = config;
  const { shardUrls } = addresses;
  return ledger.facts.map.shards.map((shard) => {
    const log = logger.child({ part: 'pump', shard });
    const onError = (error: unknown): void =>
      log.warn({ err: error }, 'a saga, an expiry or a schedule could not be carried on');
    const pool = ledger.pools.at(shard);
    // What it would carry on ends in commands to this shard: a node that must not write it leaves it to another.
    const writer = ledger.router.writerOf(shard);
    const inTrouble = (other: number): boolean => ledger.router.inTrouble(other);
    const run = async (lockLost: AbortSignal): Promise<void> => {
      const lost = AbortSignal.any([lockLost, writer.stopSignal]);
      const wake = atShard(ledger.heads, shard).subscribe(lost);
      const barrier = ledger.pools.barrier(shard);
      const start: StartSaga = (...saga) => {
        const carried = saga[1].batches.reduce((sum, { transfers }) => sum + transfers.length, 0);
        metrics.pumpStarted(shard, carried);
        return startSaga(...saga);
      };
      const pump = new Pump({
        shard,
        cluster,
        version,
        pool,
        barrier,
        wake,
        startSaga: start,
        inTrouble,
        onError,
      });
      const onOverdue = ({ transfer, route, ageMs }: IntentSince): void => {
        const about = { transfer, route, ageMs, lastError: ledger.lastErrors.of(transfer) };
        log.error(about, 'open for too long: needs operator (saldo saga show)');
      };
      const overdue = new Overdue({ pool, afterMs, onOverdue, onError });
      const expiry = new Expiry({ shard, router: ledger.router, pool, onError });
      const carryOut = (due: DueSchedule): Promise<boolean> => ledger.intake.carryOutDue(due);
      const scheduler = new Scheduler({ pool, carryOut, onError });
      const signing =
        checkpoints &&
        new Checkpointer({
          shard,
          cluster,
          router: ledger.router,
          pool,
          barrier,
          ...checkpoints,
          onError: (error) => log.warn({ err: error }, 'a checkpoint could not be made'),
          onWarning: (message) => log.warn(message),
        });
      const anchorers = anchorersOf({
        config,
        kafkaOptionsOf: (kafkaBrokers) =>
          kafkaOptionsOf(config, { ...addresses, kafkaBrokers }, 'anchors', logger),
        ledger,
        shard,
        metrics,
        log,
      });
      const duties = [pump, overdue, expiry, scheduler, signing, ...anchorers];
      await Promise.all(duties.map((duty) => duty?.run(lost)));
    };
    const ended = (error: unknown): void => log.error({ err: error }, 'pump ended');
    const able = (): boolean => writer.stopReason === undefined;
    return new ShardLock(atShard(shardUrls, shard), 'pump', shard, run, ended, able);
  });
}
