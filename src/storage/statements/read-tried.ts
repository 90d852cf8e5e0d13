import type { TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf, stepCode } from '../wire.js';

/** The transfers across shards that this shard tried in events from one sequence to another, in their order. */
export async function readTried(db: Queryable, first: number, last: number): Promise<TransferId[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'read-tried',
    text: 'SELECT id FROM steps WHERE seq BETWEEN $1 AND $2 AND step = $3 ORDER BY seq',
    values: [first, last, stepCode('try')],
  });
  return rows.map(({ id }) => idOf<TransferId>('tr', id));
}
