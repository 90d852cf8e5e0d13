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

/**
 * Events with `seq > after` in order, at most `limit` and at most `bytes` of text together; the first whatever its size.
 * `more`: there were others at that moment.
 */
export async function readEventsWithin(
  db: Queryable,
  after: number,
  limit: number,
  bytes: number,
): Promise<{
  readonly events: readonly { readonly seq: number; readonly body: string }[];
  readonly more: boolean;
}> {
  const { rows } = await db.query<{ seq: string; body: string; found: string }>({
    name: 'read-events-within',
    // Sizes are summed over what stands for the texts, so that what does not fit is never unpacked.
    text: `SELECT seq, body, found FROM (
             SELECT seq, body, sum(octet_length(body)) OVER (ORDER BY seq) AS size, count(*) OVER () AS found
               FROM (SELECT seq, body FROM events WHERE seq > $1 ORDER BY seq LIMIT $2) AS first) AS sized
            WHERE size <= $3 OR seq = $1::bigint + 1 ORDER BY seq`,
    values: [after, limit, bytes],
  });
  const found = Number(rows[0]?.found ?? 0);
  const events = rows.map(({ seq, body }) => ({ seq: Number(seq), body }));
  return { events, more: found === limit || events.length < found };
}

/** The text of one event. @throws if the shard has none at this sequence */
export async function eventAt(db: Queryable, seq: number): Promise<string> {
  const [event] = await readEvents(db, seq - 1, 1);
  if (event?.seq !== seq) throw new Error(`there is no event ${seq}`);
  return event.body;
}
