import type { ClaimId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { uuidArray } from '../wire.js';

export interface HistoryEvent {
  readonly seq: number;
  readonly body: string;
}

/**
 * Every event of this shard that says what became of the transfers and claims, in the order of the journal, each once:
 * their own steps and claims, and what later operations did to the transfers. Several ids may share an event.
 */
export async function readHistory(
  db: Queryable,
  transfers: readonly TransferId[],
  claims: readonly ClaimId[] = [],
): Promise<HistoryEvent[]> {
  const { rows } = await db.query<{ seq: string; body: string }>({
    name: 'read-history',
    // Nearly every claim is new: one probe of one index is all that it costs.
    text: `WITH found AS MATERIALIZED (
             SELECT s.seq FROM unnest($1::uuid[] || $2::uuid[]) AS wanted (id) JOIN steps s USING (id)
             UNION SELECT l.seq FROM unnest($1::uuid[]) AS wanted (id) JOIN links l ON l.parent = wanted.id)
           SELECT e.seq, e.body FROM found JOIN events e USING (seq) ORDER BY e.seq`,
    values: [uuidArray(transfers), uuidArray(claims)],
  });
  return rows.map(({ seq, body }) => ({ seq: Number(seq), body }));
}
