import { ShardRelay, type ShardRelayOptions } from '../../src/relay/shard-relay.js';
import { Barrier } from '../../src/storage/barrier.js';
import { WakeUp } from '../../src/storage/wake-up.js';
import type { TestShards } from './cluster.js';
import { testKafka } from './journal.js';

/** A relay of one shard that runs until it is stopped, and what it says. */
export function relayOn(shards: TestShards, shard: number, options: Partial<ShardRelayOptions> = {}) {
  const stop = new AbortController();
  const log: string[] = [];
  const made = new ShardRelay({
    shard,
    cluster: shards.name,
    pool: shards.posting(shard),
    barrier: new Barrier(shards.posting(shard)),
    kafkaOptions: testKafka().kafkaOptions,
    wake: new WakeUp(),
    log: (level, message) => log.push(`${level} ${message}`),
    ...options,
  });
  const running = made.run(stop.signal);
  return {
    running,
    log,
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}

/** The texts of a shard's events, as its table has them. */
export const eventTexts = async (shards: TestShards, shard: number): Promise<string[]> =>
  (await shards.owner(shard).query<{ body: string }>('SELECT body FROM events ORDER BY seq')).rows.map(
    ({ body }) => body,
  );
