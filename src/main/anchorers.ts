import type { Logger } from 'pino';
import { AnchorFile, anchorFile } from '../checkpoints/anchors/anchor-file.js';
import { type AnchorPlace, AnchorsDivergedError } from '../checkpoints/anchors/anchor-place.js';
import { AnchorTopic } from '../checkpoints/anchors/anchor-topic.js';
import { Anchorer } from '../checkpoints/anchors/anchorer.js';
import type { NodeConfig } from '../config/node-config.js';
import type { KafkaOptions } from '../kafka/client.js';
import type { NodeMetrics } from '../telemetry/metrics.js';
import type { Ledger } from './ledger.js';

export interface AnchorersOptions {
  readonly config: Pick<NodeConfig, 'cluster' | 'anchors'>;
  readonly kafkaOptionsOf: (brokers: readonly string[]) => KafkaOptions;
  readonly ledger: Ledger;
  readonly shard: number;
  readonly metrics: NodeMetrics;
  readonly log: Logger;
}

/** Whoever pumps a shard anchors its checkpoints, in each place that is configured. */
export function anchorersOf(options: AnchorersOptions): Anchorer[] {
  const { ledger, shard, metrics, log } = options;
  return placesOf(options).map((place) => {
    const { kind } = place;
    return new Anchorer({
      pool: ledger.pools.at(shard),
      barrier: ledger.pools.barrier(shard),
      place,
      onAnchored: (checkpoints) => metrics.anchored(shard, kind, checkpoints),
      onFailure: (error) => {
        const diverged = error instanceof AnchorsDivergedError;
        metrics.anchorFailed(shard, kind, diverged ? 'diverged' : 'broken');
        log[diverged ? 'error' : 'warn']({ err: error, place: kind }, 'checkpoints could not be anchored');
      },
    });
  });
}

function placesOf({ config, kafkaOptionsOf, ledger, shard }: AnchorersOptions): AnchorPlace[] {
  const { cluster, anchors } = config;
  const { folder, brokers } = anchors;
  const shards = ledger.facts.map.shardCount;
  return [
    ...(folder === undefined ? [] : [new AnchorFile(anchorFile(folder, shard))]),
    ...(brokers === undefined
      ? []
      : [new AnchorTopic({ kafkaOptions: kafkaOptionsOf(brokers), cluster, shard, shards })]),
  ];
}
