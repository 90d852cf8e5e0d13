import type { TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf, stepCode, uuidArray } from '../wire.js';

/** Which of the transfers have been confirmed or canceled in this shard. */
export async function readEnded(db: Queryable, transfers: Iterable<TransferId>): Promise<TransferId[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'read-ended',
    text: `SELECT s.id FROM unnest($1::uuid[]) AS wanted (id)
             JOIN steps s ON s.id = wanted.id AND s.step IN (${stepCode('confirm')}, ${stepCode('cancel')})`,
    values: [uuidArray(transfers)],
  });
  return rows.map(({ id }) => idOf<TransferId>('tr', id));
}
