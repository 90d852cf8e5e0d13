import type { Queryable } from '../queryable.js';

export interface EventHashes {
  /** The hashes of the events in order, 32 bytes each. */
  readonly hashes: Buffer;
  /** The first event whose `prev` is not the hash of the one before, if any. */
  readonly broken: number | undefined;
}

/**
 * The hashes of events `first` to `last`, computed by Postgres from their texts: what a checkpoint signs must be what is
 * there, and 32 bytes an event are all that has to come over. `prev`: hash of the event before `first`, lower-case hex.
 */
export async function readEventHashes(
  db: Queryable,
  first: number,
  last: number,
  prev: string,
): Promise<EventHashes> {
  const { rows } = await db.query<{ hashes: Buffer | null; broken: string | null }>({
    name: 'read-event-hashes',
    // Up to `prev` a text holds no quoted word that could pass for it: what callers named is escaped there.
    text: `SELECT string_agg(hash, ''::bytea ORDER BY seq) AS hashes, min(seq) FILTER (WHERE prev <> before) AS broken
             FROM (SELECT seq, hash, prev, coalesce(lag(encode(hash, 'hex')) OVER (ORDER BY seq), $3) AS before
                     FROM (SELECT seq, sha256(convert_to(body, 'UTF8')) AS hash,
                                  substr(body, strpos(body, '"prev":"') + 8, 64) AS prev
                             FROM events WHERE seq >= $1 AND seq <= $2) AS hashed) AS chained`,
    values: [first, last, prev],
  });
  const [row] = rows;
  const hashes = row?.hashes ?? Buffer.alloc(0);
  return { hashes, broken: row?.broken == null ? undefined : Number(row.broken) };
}
