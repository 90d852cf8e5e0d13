import type { Logger } from 'pino';
import type { KafkaOptions } from '../kafka/client.js';
import { ProducerFencedError } from '../kafka/fenced.js';
import { ensureJournalTopic } from '../kafka/journal-topic.js';
import { JournalDivergedError } from '../relay/journal-diverged-error.js';
import { ShardRelay } from '../relay/shard-relay.js';
import { atShard } from '../routing/shard-map.js';
import { ShardLock } from '../storage/shard-lock.js';
import type { NodeMetrics } from '../telemetry/metrics.js';
import type { Ledger } from './ledger.js';

export interface RelaysOptions {
  readonly cluster: string;
  readonly shardUrls: readonly string[];
  readonly ledger: Ledger;
  readonly kafkaOptions: KafkaOptions;
  readonly metrics: NodeMetrics;
  readonly faultPoint: (name: string) => void;
  readonly logger: Logger;
}

/** A relay for each shard, which publishes while this node holds the shard's lock. */
export interface NodeRelay {
  readonly shard: number;
  readonly relay: ShardRelay;
  readonly lock: ShardLock;
}

export function openRelays(options: RelaysOptions): NodeRelay[] {
  const { cluster, shardUrls, ledger, kafkaOptions, metrics, faultPoint, logger } = options;
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
      onPublished: (_, events) => metrics.published(shard, events),
      onFailure: (error) => metrics.relayFailed(shard, kindOf(error)),
    });
    const run = (lost: AbortSignal): Promise<void> => relay.run(lost);
    const ended = (error: unknown): void => log.error({ err: error }, 'relay ended');
    return { shard, relay, lock: new ShardLock(atShard(shardUrls, shard), 'relay', shard, run, ended) };
  });
}

function kindOf(error: unknown): 'fenced' | 'diverged' | 'broken' {
  if (error instanceof ProducerFencedError) return 'fenced';
  return error instanceof JournalDivergedError ? 'diverged' : 'broken';
}
