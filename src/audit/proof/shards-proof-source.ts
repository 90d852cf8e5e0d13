import type pg from 'pg';
import { createPool } from '../../storage/pools.js';
import { eventIn, type ProofSource } from './prove.js';

/** Makes proofs from the shards, by their indexes: as fast in a journal of millions as in a small one. */
export function shardsProofSource(shardUrls: readonly string[]): ProofSource & { close(): Promise<void> } {
  const pools = shardUrls.map((url) =>
    createPool({ url, role: 'posting', name: 'prove', max: 1, readOnly: true }),
  );
  const at = (shard: number): pg.Pool => {
    const pool = pools[shard];
    if (pool === undefined) throw new Error(`there is no shard ${shard}`);
    return pool;
  };
  const bodies = async (shard: number, text: string, values: readonly unknown[]): Promise<string[]> =>
    (await at(shard).query<{ body: string }>(text, [...values])).rows.map(({ body }) => body);
  return {
    eventsOf: async (subject) => {
      const event = /^(\d{1,4})-(\d{1,15})$/.exec(subject);
      if (event !== null) {
        const [shard, seq] = [Number(event[1]), Number(event[2])];
        if (shard >= pools.length) return [];
        const texts = await bodies(shard, 'SELECT body FROM events WHERE seq = $1', [seq]);
        return texts.length === 0 ? [] : [{ shard, texts }];
      }
      const all = await Promise.all(
        pools.map(async (_pool, shard) => {
          const texts = await bodies(
            shard,
            `SELECT body FROM events WHERE seq IN (SELECT seq FROM steps WHERE id = $1::uuid) ORDER BY seq`,
            [subject.slice(subject.indexOf('_') + 1)],
          );
          // A key's claim that was taken elsewhere may share the transfer's digits.
          return { shard, texts: texts.filter((text) => eventIn(text).data.transfer === subject) };
        }),
      );
      return all.filter(({ texts }) => texts.length > 0);
    },
    checkpointOver: async (shard, seq) =>
      (
        await bodies(
          shard,
          `SELECT e.body FROM checkpoints c JOIN events e USING (seq) WHERE c.last >= $1 ORDER BY c.last LIMIT 1`,
          [seq],
        )
      )[0],
    hashes: async (shard, first, last) => {
      const { rows } = await at(shard).query<{ hash: string }>(
        `SELECT encode(sha256(convert_to(body, 'UTF8')), 'hex') AS hash FROM events
          WHERE seq >= $1 AND seq <= $2 ORDER BY seq`,
        [first, last],
      );
      return rows.map(({ hash }) => hash);
    },
    keys: (shard) =>
      bodies(shard, 'SELECT e.body FROM signing_keys k JOIN events e USING (seq) ORDER BY seq', []),
    close: async () => {
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}
