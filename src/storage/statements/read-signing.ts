import type { Signing } from '../../domain/checkpoint.js';
import type { Queryable } from '../queryable.js';

/** Who signs the shard's checkpoints, and what was signed last. */
export async function readSigning(db: Queryable): Promise<Signing> {
  // Two statements and not one after the other's answer: what is newer than the head loses the compare-and-swap.
  const [keys, latest] = await Promise.all([
    db.query<{ id: string; seq: string }>({
      name: 'read-signing-keys',
      text: 'SELECT id, seq FROM signing_keys ORDER BY seq',
    }),
    db.query<{ seq: string; number: number; last: string; root: string }>({
      name: 'read-latest-checkpoint',
      text: 'SELECT seq, number, last, root FROM checkpoints ORDER BY number DESC LIMIT 1',
    }),
  ]);
  const [row] = latest.rows;
  const checkpoint =
    row === undefined
      ? {}
      : {
          checkpoint: {
            number: row.number,
            last: Number(row.last),
            root: row.root,
            seq: Number(row.seq),
          },
        };
  return { keys: keys.rows.map(({ id, seq }) => ({ id, seq: Number(seq) })), ...checkpoint };
}
