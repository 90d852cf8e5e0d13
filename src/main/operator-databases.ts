import type pg from 'pg';
import { type ClusterFacts, readCluster } from '../control/cluster.js';
import { ShardWriter } from '../posting/shard-writer.js';
import { atShard } from '../routing/shard-map.js';
import { createPool } from '../storage/pools.js';

export interface OperatorOptions {
  readonly cluster: string;
  readonly shardUrls: readonly string[];
  readonly controlUrl: string;
}

/** The cluster's databases for an operator's tool, whether or not a node runs: it makes and migrates nothing. */
export interface OperatorDatabases {
  readonly facts: ClusterFacts;
  /** As the owner, who may only read here. */
  readonly control: pg.Pool;
  /** By shard number, as the posting role. */
  readonly pools: readonly pg.Pool[];
  /** The caller closes it. */
  writer(shard: number): ShardWriter;
  close(): Promise<void>;
}

/** @throws Error if the control database holds no cluster, or another one */
export async function openDatabases(options: OperatorOptions): Promise<OperatorDatabases> {
  const { cluster, shardUrls, controlUrl } = options;
  const control = createPool({ url: controlUrl, role: 'owner', name: 'operator', max: 1, readOnly: true });
  const pools = shardUrls.map((url) => createPool({ url, role: 'posting', name: 'operator', max: 2 }));
  const close = async (): Promise<void> => {
    await Promise.all([control, ...pools].map((pool) => pool.end()));
  };
  try {
    await requireCluster(control);
    const facts = await readCluster(control, cluster, shardUrls.length);
    const writer = (shard: number): ShardWriter =>
      new ShardWriter({ shard, cluster, pool: atShard(pools, shard), epoch: atShard(facts.epochs, shard) });
    return { facts, control, pools, writer, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** An operator's tool makes no cluster where there is none. */
async function requireCluster(control: pg.Pool): Promise<void> {
  const { rows } = await control.query<{ made: boolean }>(
    "SELECT to_regclass('cluster') IS NOT NULL AS made",
  );
  const known = rows[0]?.made === true && (await control.query('SELECT 1 FROM cluster')).rowCount === 1;
  if (!known)
    throw new Error('the control database holds no cluster: start a node first, or check the addresses');
}
