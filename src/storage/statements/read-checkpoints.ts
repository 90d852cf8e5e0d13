import type { Queryable } from '../queryable.js';

export interface CheckpointRow {
  readonly seq: number;
  readonly number: number;
  /** The text of its event. */
  readonly body: string;
}

/** Checkpoints after `number`, in order, at most `limit`. */
export async function readCheckpoints(
  db: Queryable,
  number: number,
  limit: number,
): Promise<CheckpointRow[]> {
  const { rows } = await db.query<{ seq: string; number: number; body: string }>({
    name: 'read-checkpoints',
    text: `SELECT c.seq, c.number, e.body FROM checkpoints c JOIN events e USING (seq)
            WHERE c.number > $1 ORDER BY c.number LIMIT $2`,
    values: [number, limit],
  });
  return rows.map(({ seq, number: of, body }) => ({ seq: Number(seq), number: of, body }));
}

/** How many checkpoints stand after an event. */
export async function countCheckpointsAfter(db: Queryable, seq: number): Promise<number> {
  const { rows } = await db.query<{ count: string }>({
    name: 'count-checkpoints-after',
    text: 'SELECT count(*) FROM checkpoints WHERE seq > $1',
    values: [seq],
  });
  return Number(rows[0]?.count);
}
