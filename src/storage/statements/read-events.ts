import type { Queryable } from '../queryable.js';

/** The texts of events with `seq > after`, in order, at most `limit`. */
export async function readEvents(
  db: Queryable,
  after: number,
  limit: number,
): Promise<{ readonly seq: number; readonly body: string }[]> {
  const { rows } = await db.query<{ seq: string; body: string }>({
    name: 'read-events',
    text: 'SELECT seq, body FROM events WHERE seq > $1 ORDER BY seq LIMIT $2',
    values: [after, limit],
  });
  return rows.map(({ seq, body }) => ({ seq: Number(seq), body }));
}

/** The text of one event. @throws if the shard has none at this sequence */
export async function eventAt(db: Queryable, seq: number): Promise<string> {
  const [event] = await readEvents(db, seq - 1, 1);
  if (event?.seq !== seq) throw new Error(`there is no event ${seq}`);
  return event.body;
}
