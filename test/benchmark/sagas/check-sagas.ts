import { readInDoubt } from '../../../src/saga/in-doubt.js';
import { createPool } from '../../../src/storage/pools.js';
import { checkBooks } from '../posting/check-books.js';

/** That each shard's books are right by themselves, and that between them nothing is open, in doubt or in transit. */
export async function checkSagas(urls: readonly string[]): Promise<void> {
  for (const url of urls) await checkBooks(url);
  const pools = new Map(
    urls.map((url, shard) => [shard, createPool({ url, role: 'posting', name: 'bench', max: 2 })]),
  );
  try {
    const { sagas, more, pairs, unreachable } = await readInDoubt(pools);
    const left = pairs.filter(({ undecided, inTransit, difference }) =>
      [undecided, inTransit, difference].some((sum) => sum !== 0n),
    );
    if (sagas.length + more + left.length + unreachable.length > 0) {
      throw new Error(
        `${sagas.length + more} transfers are open, ${left.length} pairs of shards not at rest`,
      );
    }
    if (pairs.length === 0) throw new Error('no pair of shards has in-transit accounts: nothing was checked');
  } finally {
    await Promise.all([...pools.values()].map((pool) => pool.end()));
  }
}
