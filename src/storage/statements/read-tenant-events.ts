import type { TenantId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';

export interface EventText {
  readonly seq: number;
  readonly body: string;
}

/** At most so many events, and no more once their texts are so many bytes; the first comes whatever its size. */
export interface Most {
  readonly events: number;
  readonly bytes: number;
}

/** Some of a shard's events that the connection may see, and where the shard's journal ended in the same snapshot. */
export interface Stretch {
  readonly events: readonly EventText[];
  readonly head: number;
}

/**
 * Looks through the `span` events after `after`: as the reader role it sees one tenant's. There is no index on the
 * tenant, since every posting would pay for it (docs/adr/0013): the span bounds what one look costs.
 */
export async function readStretch(
  db: Queryable,
  after: number,
  span: number,
  { events, bytes }: Most,
): Promise<Stretch> {
  const { rows } = await db.query<{ head: string; seq: string | null; body: string | null }>({
    name: 'read-stretch',
    text: `SELECT h.seq AS head, e.seq, e.body
             FROM head h LEFT JOIN LATERAL (
               SELECT seq, body FROM (
                 SELECT seq, body, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS before
                   FROM events WHERE seq > $1 AND seq <= $1::bigint + $2::bigint ORDER BY seq LIMIT $3) AS sized
                WHERE before < $4 ORDER BY seq) AS e ON true`,
    values: [after, span, events, bytes],
  });
  return {
    head: Number(rows[0]?.head ?? 0),
    events: rows.flatMap(({ seq, body }) =>
      seq === null || body === null ? [] : [{ seq: Number(seq), body }],
    ),
  };
}

/** The events at these sequences, in order, as far as the connection may see them. */
export async function readEventsAt(
  db: Queryable,
  seqs: readonly number[],
  { events, bytes }: Most,
): Promise<EventText[]> {
  const { rows } = await db.query<{ seq: string; body: string }>({
    name: 'read-events-at',
    text: `SELECT seq, body FROM (
             SELECT seq, body, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS before
               FROM events WHERE seq = ANY ($1) ORDER BY seq LIMIT $2) AS sized
            WHERE before < $3 ORDER BY seq`,
    values: [seqs, events, bytes],
  });
  return rows.map(({ seq, body }) => ({ seq: Number(seq), body }));
}

/** Whose the events after `after` are, in order; null for what concerns the whole shard. */
export async function readOwners(
  db: Queryable,
  after: number,
  limit: number,
): Promise<{ readonly seq: number; readonly tenant: TenantId | null }[]> {
  const { rows } = await db.query<{ seq: string; tenant: TenantId | null }>({
    name: 'read-owners',
    text: 'SELECT seq, tenant FROM events WHERE seq > $1 ORDER BY seq LIMIT $2',
    values: [after, limit],
  });
  return rows.map(({ seq, tenant }) => ({ seq: Number(seq), tenant }));
}
