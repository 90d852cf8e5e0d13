import { pino } from 'pino';
import { inject } from 'vitest';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import { replay } from '../../src/audit/replay.js';
import type { AuditReport } from '../../src/audit/report.js';
import type { Limits } from '../../src/domain/account.js';
import type { TenantId } from '../../src/domain/ids.js';
import { ensureJournalTopic } from '../../src/kafka/journal-topic.js';
import { type Ledger, type LedgerOptions, openLedger } from '../../src/main/ledger.js';
import { installTemporalRuntime, TemporalLink } from '../../src/main/temporal-link.js';
import { ShardRelay } from '../../src/relay/shard-relay.js';
import type { AccountView, TransferView } from '../../src/routing/views.js';
import { Pump, type StartSaga } from '../../src/saga/pump.js';
import { createSagaActivities } from '../../workflows/activities/saga-activities.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from './cluster.js';
import { CZK } from './compact-tenant.js';
import { testKafka } from './journal.js';

const logger = pino({ level: 'error' });

/** A whole cluster in this process over the run's real servers: a ledger, its pumps, a worker and its relays. */
export interface SagaCluster {
  readonly shards: TestShards;
  readonly ledger: Ledger;
  readonly tenant: TenantId;
  /** An account that lies on that shard. */
  open(name: string, shard: number, limits?: Partial<Limits>): Promise<AccountView>;
  /** Asks for a transfer and, unless told otherwise, waits for its end. */
  move(
    key: string,
    from: AccountView,
    to: AccountView,
    amount: bigint,
    waitMs?: number,
  ): Promise<TransferView>;
  startWorker(): void;
  startPumps(onError?: (error: unknown) => void): void;
  /** What is begun then stays open, until they are started again. */
  stopPumps(): Promise<void>;
  /** Of the workflow code that carries its sagas. */
  readonly version: string;
  /** As the pump does, under any id. */
  readonly startSaga: StartSaga;
  startRelays(): Promise<void>;
  audit(): Promise<AuditReport>;
  close(): Promise<void>;
}

export interface SagaClusterOptions extends Partial<LedgerOptions> {
  readonly temporalAddress?: string;
  /** Other ways to the shards, such as through proxies. */
  readonly through?: (shardUrls: readonly string[]) => Promise<readonly string[]>;
}

export async function startSagaCluster(
  shardCount = 2,
  { temporalAddress, through, ...options }: SagaClusterOptions = {},
): Promise<SagaCluster> {
  const shards = await createTestShards(shardCount);
  const { name, controlUrl } = shards;
  const shardUrls = await (through?.(shards.shardUrls) ?? shards.shardUrls);
  const tenant = await shards.tenant('acme', 'spread');
  const ledger = await openLedger({ cluster: name, shardUrls, controlUrl, ...options });
  const { kafka, kafkaOptions } = testKafka();
  const stop = new AbortController();
  const running: Promise<void>[] = [];
  let stopPumping = new AbortController();
  const pumping: Promise<void>[] = [];
  installTemporalRuntime(logger);
  const activities = createSagaActivities(ledger.steps);
  const address = temporalAddress ?? inject('stack').temporalAddress;
  const link = new TemporalLink({ address, namespace: 'default', cluster: name, logger, activities });
  const groups = await groupOfEachShard(ledger, tenant, shardCount);
  return {
    shards,
    ledger,
    tenant,
    open: async (account, shard, limits = {}) => {
      const placementGroup = groups[shard] ?? '';
      const request = {
        tenant,
        key: `account ${account}`,
        asset: CZK,
        limits: { minBalance: null, ...limits },
        placementGroup,
      };
      const answer = await ledger.intake.openAccount(request, TEST_ORIGIN);
      if (answer.kind !== 'opened') throw new Error(JSON.stringify(answer));
      return answer.account;
    },
    move: async (key, from, to, amount, waitMs = 30_000) => {
      const legs = [{ debit: from.id, credit: to.id, amount, asset: CZK }];
      const answer = await ledger.intake.transfer({ tenant, key, legs }, TEST_ORIGIN, { waitMs });
      if (answer.kind === 'refused') throw new Error(JSON.stringify(answer));
      return answer.transfer;
    },
    startWorker: () => link.start(),
    startSaga: link.startSaga,
    version: link.version,
    startPumps: (onError = () => undefined) => {
      for (const shard of ledger.facts.map.shards) {
        const parts = partsOf(ledger, shard);
        const { startSaga, version } = link;
        const inTrouble = (other: number): boolean => ledger.router.inTrouble(other);
        const pump = new Pump({ shard, cluster: name, version, ...parts, startSaga, inTrouble, onError });
        pumping.push(pump.run(stopPumping.signal));
      }
    },
    stopPumps: async () => {
      stopPumping.abort();
      await Promise.all(pumping);
      stopPumping = new AbortController();
    },
    startRelays: async () => {
      await ensureJournalTopic(kafka, name, shardCount);
      for (const shard of ledger.facts.map.shards) {
        const parts = partsOf(ledger, shard);
        const log = (): undefined => undefined;
        running.push(new ShardRelay({ shard, cluster: name, ...parts, kafkaOptions, log }).run(stop.signal));
      }
    },
    audit: () => replay({ source: kafkaSource(kafkaOptions, name, 5_000), shardUrls }),
    close: async () => {
      stop.abort();
      stopPumping.abort();
      await Promise.all([...running, ...pumping]);
      await link.stop();
      await ledger.close();
      await shards.close();
    },
  };
}

function partsOf(ledger: Ledger, shard: number) {
  const pool = ledger.pools.at(shard);
  const wake = ledger.heads[shard]?.subscribe();
  if (wake === undefined) throw new RangeError(`there is no shard ${shard}`);
  return { pool, wake, barrier: ledger.pools.barrier(shard) };
}

async function groupOfEachShard(ledger: Ledger, tenant: TenantId, shards: number): Promise<string[]> {
  const groups: string[] = [];
  for (let n = 0; Object.keys(groups).length < shards; n += 1) {
    const placementGroup = `group-${n}`;
    const request = { tenant, key: `probe ${n}`, asset: CZK, limits: {}, placementGroup };
    const answer = await ledger.intake.openAccount(request, TEST_ORIGIN);
    if (answer.kind === 'opened') groups[answer.account.shard] ??= placementGroup;
  }
  return groups;
}
