import type { Watchers } from '../api/streams/watchers.js';
import { atShard } from '../routing/shard-map.js';
import { readEvents } from '../storage/statements/read-events.js';
import { readHead } from '../storage/statements/read-head.js';
import { readSagaLoad, type SagaLoad } from '../storage/statements/read-saga-load.js';
import type { NodeMetrics } from '../telemetry/metrics.js';
import type { Ledger } from './ledger.js';
import type { NodeRelay } from './relays.js';
import type { Search } from './search.js';

export interface MeasuredNode {
  readonly ledger: Ledger;
  readonly relays: readonly NodeRelay[];
  readonly pumps: boolean;
  /** If this node feeds the read model. */
  readonly search: Search | undefined;
  readonly watchers: Watchers;
  readonly needsOperatorAfterMs: number;
}

/** What a shard does not tell in this time is left out of the scrape. */
const PATIENCE_MS = 2_000;

/** Says what is asked for at each scrape: a few lookups a shard, and nothing between two scrapes. */
export function measureNode(metrics: NodeMetrics, node: MeasuredNode): void {
  const { ledger, watchers } = node;
  const { shards } = ledger.facts.map;
  const { router, pools } = ledger;
  metrics.shardGauge('saldo_shard_up', 'Whether the shard answers this node.', shards, async (shard) =>
    (await told(readHead(pools.at(shard)))) === undefined ? 0 : 1,
  );
  metrics.shardGauge(
    'saldo_shard_sequence',
    'The last event of the shard.',
    shards,
    async (shard) => (await told(readHead(pools.at(shard))))?.seq,
  );
  metrics.shardGauge(
    'saldo_queue_commands',
    'Commands that wait for the shard.',
    shards,
    (shard) => router.writerOf(shard).waiting,
  );
  metrics.shardGauge(
    'saldo_cache_accounts',
    'Accounts of the shard in memory.',
    shards,
    (shard) => router.writerOf(shard).cachedAccounts,
  );
  metrics.shardGauge(
    'saldo_writer_trouble',
    'Whether the shard can not be written for now.',
    shards,
    (shard) => (router.writerOf(shard).trouble === undefined ? 0 : 1),
  );
  metrics.shardGauge(
    'saldo_writer_stopped',
    'Whether this node must not write the shard any more.',
    shards,
    (shard) => (router.writerOf(shard).stopReason === undefined ? 0 : 1),
  );
  metrics.gauge('saldo_watchers', 'Requests that wait for events, and streams.', () => watchers.count);
  if (node.relays.length > 0) measureRelays(metrics, node);
  if (node.pumps) measureSagas(metrics, node);
  if (node.search !== undefined) measureSearch(metrics, ledger, node.search);
}

function measureRelays(metrics: NodeMetrics, { ledger, relays }: MeasuredNode): void {
  const shards = relays.map(({ shard }) => shard);
  const relayOf = (shard: number) => atShard(relays, shard).relay;
  metrics.shardGauge(
    'saldo_relay_up',
    'Whether this node relays the shard and is in session with Kafka.',
    shards,
    (shard) => (relayOf(shard).relaying ? 1 : 0),
  );
  /** Of whoever relays the shard, and of whoever would if Kafka answered. */
  const published = (shard: number): number | undefined =>
    atShard(relays, shard).lock.held ? relayOf(shard).published : undefined;
  metrics.shardGauge(
    'saldo_relay_lag_events',
    'Events of the shard that are not in Kafka yet.',
    shards,
    async (shard) => {
      const seq = published(shard);
      const head = seq === undefined ? undefined : await told(readHead(ledger.pools.at(shard)));
      return seq === undefined || head === undefined ? undefined : Math.max(0, head.seq - seq);
    },
  );
  metrics.shardGauge(
    'saldo_relay_lag_seconds',
    'Age of the oldest event that is not in Kafka yet; 0 if all are.',
    shards,
    async (shard) => {
      const seq = published(shard);
      const next = seq === undefined ? undefined : await told(readEvents(ledger.pools.at(shard), seq, 1));
      return next === undefined ? undefined : ageOf(next[0]?.body);
    },
  );
}

function measureSagas(metrics: NodeMetrics, { ledger, needsOperatorAfterMs }: MeasuredNode): void {
  const { shards } = ledger.facts.map;
  const ask = (what: keyof SagaLoad) => async (shard: number) =>
    (await told(readSagaLoad(ledger.pools.at(shard), needsOperatorAfterMs)))?.[what];
  metrics.shardGauge(
    'saldo_sagas_open',
    'Transfers across shards that are in doubt: tried, and not ended at their coordinator, the shard.',
    shards,
    ask('open'),
  );
  metrics.shardGauge(
    'saldo_sagas_oldest_seconds',
    'Age of the oldest of them; 0 if there is none.',
    shards,
    ask('oldestSeconds'),
  );
  metrics.shardGauge(
    'saldo_sagas_needs_operator',
    'Those that are open for longer than SALDO_NEEDS_OPERATOR_AFTER, of the oldest thousand.',
    shards,
    ask('overdue'),
  );
}

function measureSearch(metrics: NodeMetrics, ledger: Ledger, search: Search): void {
  const { shards } = ledger.facts.map;
  metrics.shardGauge(
    'saldo_search_lag_events',
    'Events of the shard that are not in the read model yet.',
    shards,
    async (shard) => (await told(search.lag()))?.find((one) => one.shard === shard)?.behind,
  );
}

/** Undefined where it is not told, or not in time. */
async function told<T>(asked: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), PATIENCE_MS);
  });
  return Promise.race([asked.catch(() => undefined), late]).finally(() => clearTimeout(timer));
}

const ageOf = (body: string | undefined): number => {
  const [, time] = /"time":"([^"]+)"/.exec(body ?? '') ?? [];
  return time === undefined ? 0 : Math.max(0, (Date.now() - Date.parse(time)) / 1_000);
};
