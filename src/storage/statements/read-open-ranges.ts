import type { Queryable } from '../queryable.js';

/** A route's intents, by the coordinator's sequences of the first and the last of them. */
export interface RouteRange {
  readonly route: string;
  readonly first: number;
  readonly last: number;
}

/** Which of the ranges hold an intent that is open, by index. */
export async function readOpenRanges(db: Queryable, ranges: readonly RouteRange[]): Promise<Set<number>> {
  const { rows } = await db.query<{ index: string }>({
    name: 'read-open-ranges',
    // One look into the index for each range, however many are open.
    text: `SELECT r.index - 1 AS index
             FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS r (route, first, last, index)
            CROSS JOIN LATERAL (SELECT FROM open_intents i WHERE i.seq BETWEEN r.first AND r.last AND i.route = r.route
                                 ORDER BY i.seq LIMIT 1) AS open`,
    values: [
      ranges.map(({ route }) => route),
      ranges.map(({ first }) => first),
      ranges.map(({ last }) => last),
    ],
  });
  return new Set(rows.map(({ index }) => Number(index)));
}
