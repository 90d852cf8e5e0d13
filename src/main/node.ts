import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { createSagaActivities } from '../../workflows/activities/saga-activities.js';
import { buildApi } from '../api/build-api.js';
import { Checkpointer } from '../checkpoints/checkpointer.js';
import type { NodeConfig, Role } from '../config/node-config.js';
import { ApiKeys } from '../control/api-keys.js';
import { tenantId } from '../domain/ids.js';
import type { Signer } from '../journal/signing-key.js';
import type { KafkaOptions } from '../kafka/client.js';
import { ensureJournalTopic } from '../kafka/journal-topic.js';
import { ShardRelay } from '../relay/shard-relay.js';
import { atShard } from '../routing/shard-map.js';
import { Expiry } from '../saga/expiry.js';
import { Overdue } from '../saga/overdue.js';
import { Pump } from '../saga/pump.js';
import { Scheduler } from '../saga/scheduler.js';
import type { StackAddresses } from '../stack/addresses.js';
import { ShardLock } from '../storage/shard-lock.js';
import type { DueSchedule } from '../storage/statements/read-due-schedules.js';
import type { IntentSince } from '../storage/statements/read-intents-since.js';
import { journalDocuments } from './documents.js';
import { armFaultPoints } from './fault-points.js';
import { type Ledger, openLedger } from './ledger.js';
import { readinessOf } from './readiness.js';
import { openSearch, type Search } from './search.js';
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
  /** Set if this node made the tenant's first key: shown once, kept nowhere. */
  readonly madeApiKey: string | undefined;
  /** Takes no more requests, ends those under way, gives its duties up and closes everything. */
  stop(): Promise<void>;
}

const SETUP = { actor: 'system:setup' } as const;

/** Composes one node of the cluster: what it serves and runs, over one way to the books. */
export async function startNode({
  config,
  addresses,
  roles,
  host,
  port,
  checkpoints,
  logger,
}: NodeOptions): Promise<RunningNode> {
  const { cluster } = config;
  const faultPoint = armFaultPoints(config.faults);
  const ledger = await openLedger({
    cluster,
    shardUrls: addresses.shardUrls,
    controlUrl: addresses.controlUrl,
    sagaDeadlineMs: config.sagaDeadlineMs,
    faultPoint,
    onBroken: (transfer, error) => logger.error({ err: error, transfer }, 'a step broke: needs operator'),
    onFeedError: (shard, error) =>
      logger.warn({ err: error, shard }, 'a shard can not be followed for events'),
    onTrouble: (shard, why) => logger.warn({ shard, why }, 'can not write a shard for now; trying again'),
    onStopped: (error) => logger.error({ err: error }, 'stopped writing a shard: an operator must look'),
  });
  const keys = new ApiKeys(ledger.control);
  const madeApiKey = await bootstrap(config, ledger, keys);

  const temporal = temporalLink(config, addresses, roles, ledger, logger);
  temporal?.start();
  const locks = [
    ...(roles.includes('relay') ? relayLocks(config, addresses, ledger, faultPoint, logger) : []),
    ...(roles.includes('pump') && temporal !== undefined
      ? pumpLocks(config, addresses, ledger, temporal, checkpoints, logger)
      : []),
  ];
  for (const lock of locks) lock.start();
  const search = openSearch({
    cluster,
    searchUrl: config.searchUrl,
    controlUrl: addresses.controlUrl,
    kafkaOptions: kafkaOptionsOf(config, addresses, 'search', logger),
    ledger,
    logger: logger.child({ part: 'search' }),
  });
  if (roles.includes('search')) search.feeder.start();
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
          ownerOf: (token) => keys.ownerOf(token),
          readiness: () => readinessOf(ledger),
        },
        logger,
      )
    : undefined;
  const url = await api?.listen({ host, port });
  return { url, madeApiKey, stop: () => stopAll(api, locks, search, temporal, ledger) };
}

/** The first tenant and its key: made once, found at every start after. */
async function bootstrap(config: NodeConfig, ledger: Ledger, keys: ApiKeys): Promise<string | undefined> {
  const tenant = tenantId(config.tenant);
  await ledger.tenants.create(tenant, config.placement, ledger.router, SETUP);
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
  const activities = roles.includes('worker') ? createSagaActivities(ledger.steps) : undefined;
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

function relayLocks(
  config: NodeConfig,
  addresses: StackAddresses,
  ledger: Ledger,
  faultPoint: (name: string) => void,
  logger: Logger,
): ShardLock[] {
  const { cluster } = config;
  const kafkaOptions = kafkaOptionsOf(config, addresses, 'relay', logger);
  const { shards, shardCount } = ledger.facts.map;
  return shards.map((shard) => {
    const log = logger.child({ part: 'relay', shard });
    const relay = new ShardRelay({
      shard,
      cluster,
      pool: ledger.pools.at(shard),
      barrier: ledger.pools.barrier(shard),
      kafkaOptions,
      wake: atShard(ledger.heads, shard).subscribe(),
      log: (level, message) => log[level](message),
      prepare: (kafka) => ensureJournalTopic(kafka, cluster, shardCount),
      faultPoint,
    });
    const run = (lost: AbortSignal): Promise<void> => relay.run(lost);
    return new ShardLock(atShard(addresses.shardUrls, shard), 'relay', shard, run, (error) =>
      log.error({ err: error }, 'relay ended'),
    );
  });
}

function pumpLocks(
  { cluster, needsOperatorAfterMs: afterMs }: NodeConfig,
  { shardUrls }: StackAddresses,
  ledger: Ledger,
  { startSaga }: TemporalLink,
  checkpoints: Checkpoints | undefined,
  logger: Logger,
): ShardLock[] {
  return ledger.facts.map.shards.map((shard) => {
    const log = logger.child({ part: 'pump', shard });
    const onError = (error: unknown): void =>
      log.warn({ err: error }, 'a saga, an expiry or a schedule could not be carried on');
    const pool = ledger.pools.at(shard);
    // What it would carry on ends in commands to this shard: a node that must not write it leaves it to another.
    const writer = ledger.router.writerOf(shard);
    const run = async (lockLost: AbortSignal): Promise<void> => {
      const lost = AbortSignal.any([lockLost, writer.stopSignal]);
      const wake = atShard(ledger.heads, shard).subscribe(lost);
      const barrier = ledger.pools.barrier(shard);
      const pump = new Pump({ shard, cluster, pool, barrier, wake, startSaga, onError });
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
      await Promise.all([pump, overdue, expiry, scheduler, signing].map((duty) => duty?.run(lost)));
    };
    const ended = (error: unknown): void => log.error({ err: error }, 'pump ended');
    const able = (): boolean => writer.stopReason === undefined;
    return new ShardLock(atShard(shardUrls, shard), 'pump', shard, run, ended, able);
  });
}

/** Outside in: requests first, the books last. */
async function stopAll(
  api: FastifyInstance | undefined,
  locks: readonly ShardLock[],
  search: Search,
  temporal: TemporalLink | undefined,
  ledger: Ledger,
): Promise<void> {
  await api?.close();
  await Promise.all([...locks.map((lock) => lock.stop()), search.close()]);
  await temporal?.stop();
  await ledger.close();
}
