import type pg from 'pg';
import { Barrier } from './barrier.js';
import { reaching } from './reaching.js';

/** One pool a shard, all acting as the same database role. */
export class ShardPools {
  private readonly barriers: readonly Barrier[];

  constructor(private readonly pools: readonly pg.Pool[]) {
    this.barriers = pools.map((pool) => new Barrier(pool));
  }

  at(shard: number): pg.Pool {
    const pool = this.pools[shard];
    if (pool === undefined) throw new RangeError(`there is no shard ${shard}`);
    return pool;
  }

  /** What was read may be told: no failover can undo it. @throws UnavailableError if the shard can not be asked */
  read<T>(shard: number, read: (pool: pg.Pool) => Promise<T>): Promise<T> {
    const pool = this.at(shard);
    return reaching(`shard ${shard}`, async () => {
      const result = await read(pool);
      await this.barrier(shard).pass();
      return result;
    });
  }

  barrier(shard: number): Barrier {
    const barrier = this.barriers[shard];
    if (barrier === undefined) throw new RangeError(`there is no shard ${shard}`);
    return barrier;
  }

  byShard(): ReadonlyMap<number, pg.Pool> {
    return new Map(this.pools.map((pool, shard) => [shard, pool]));
  }

  async end(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()));
  }
}
