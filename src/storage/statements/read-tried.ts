import type { TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf, stepCode } from '../wire.js';

/** What a shard tried, or approved to be tried. */
export interface Tried {
  /** The transfer's, or of an approval its own. */
  readonly id: TransferId;
  /** Of an approval: its event, which names what was in review. */
  readonly approval?: string;
}

/** What this shard tried or approved in events from one sequence to another, in their order. */
export async function readTried(db: Queryable, first: number, last: number): Promise<Tried[]> {
  const { rows } = await db.query<{ id: string; approval: string | null }>({
    name: 'read-tried',
    text: `SELECT s.id, e.body AS approval FROM steps s LEFT JOIN events e ON e.seq = s.seq AND s.step = $4
            WHERE s.seq BETWEEN $1 AND $2 AND s.step IN ($3, $4) ORDER BY s.seq`,
    values: [first, last, stepCode('try'), stepCode('approve')],
  });
  return rows.map(({ id: uuid, approval }) => {
    const id = idOf<TransferId>('tr', uuid);
    return approval === null ? { id } : { id, approval };
  });
}
