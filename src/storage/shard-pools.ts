import type pg from 'pg';
import { reaching } from './reaching.js';

/** One pool a shard, all acting as the same database role. */
export class ShardPools {
  constructor(private readonly pools: readonly pg.Pool[]) {}

  at(shard: number): pg.Pool {
    const pool = this.pools[shard];
    if (pool === undefined) throw new RangeError(`there is no shard ${shard}`);
    return pool;
  }

  /** @throws UnavailableError if the shard can not be asked. */
  read<T>(shard: number, read: (pool: pg.Pool) => Promise<T>): Promise<T> {
    const pool = this.at(shard);
    return reaching(`shard ${shard}`, () => read(pool));
  }

  async end(): Promise<void> {
    await Promise.all(this.pools.map((pool) => pool.end()));
  }
}
