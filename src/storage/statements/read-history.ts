import type { ClaimId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { uuidArray } from '../wire.js';

export interface HistoryEvent {
  readonly seq: number;
  readonly body: string;
}

/**
 * Every event of this shard that says what became of the ids, in the order of the journal, each once: their own steps
 * and claims, and what later operations did to them. Several ids may share an event.
 */
export async function readHistory(
  db: Queryable,
  ids: Iterable<TransferId | ClaimId>,
): Promise<HistoryEvent[]> {
  const { rows } = await db.query<{ seq: string; body: string }>({
    name: 'read-history',
    text: `WITH wanted AS MATERIALIZED (SELECT unnest($1::uuid[]) AS id),
                found AS (SELECT s.seq FROM wanted JOIN steps s USING (id)
                          UNION SELECT l.seq FROM wanted JOIN links l ON l.parent = wanted.id)
           SELECT e.seq, e.body FROM found JOIN events e USING (seq) ORDER BY e.seq`,
    values: [uuidArray(ids)],
  });
  return rows.map(({ seq, body }) => ({ seq: Number(seq), body }));
}
