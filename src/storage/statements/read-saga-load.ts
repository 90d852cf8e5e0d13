import type { Queryable } from '../queryable.js';

/** A shard's open transfers across shards. */
export interface SagaLoad {
  readonly open: number;
  /** Seconds since the oldest was tried; 0 if there is none. */
  readonly oldestSeconds: number;
  /** How many are older than asked for, of the oldest thousand. */
  readonly overdue: number;
}

/** By the shard's own clock. */
export async function readSagaLoad(db: Queryable, overdueAfterMs: number): Promise<SagaLoad> {
  const { rows } = await db.query<{ open: string; oldest: number | null; overdue: string }>({
    name: 'read-saga-load',
    text: `WITH oldest AS MATERIALIZED (
             SELECT extract(epoch FROM clock_timestamp() - substring(e.body FROM '"time":"([^"]+)"')::timestamptz)::float8 AS age
               FROM (SELECT seq FROM open_intents ORDER BY seq LIMIT 1000) AS i JOIN events e USING (seq))
           SELECT (SELECT count(*) FROM open_intents) AS open, max(age) AS oldest,
                  count(*) FILTER (WHERE age > $1) AS overdue FROM oldest`,
    values: [overdueAfterMs / 1_000],
  });
  const [row] = rows;
  return {
    open: Number(row?.open ?? 0),
    oldestSeconds: Math.max(0, row?.oldest ?? 0),
    overdue: Number(row?.overdue ?? 0),
  };
}
