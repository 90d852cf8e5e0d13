import type { AccountId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { uuidOf } from '../wire.js';

/** Which entries: versions after `after` and up to `upTo`, from the one end or the other. */
export interface EntryRange {
  readonly after: number;
  readonly upTo: number;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
}

/** An account's entries in order of version, each with the text of its event and its place among the event's entries. */
export async function readEntries(
  db: Queryable,
  account: AccountId,
  { after, upTo, order, limit }: EntryRange,
): Promise<{ readonly ordinal: number; readonly body: string }[]> {
  const { rows } = await db.query<{ ordinal: number; body: string }>({
    name: `read-entries-${order}`,
    text: `SELECT n.ordinal, e.body FROM entries n JOIN events e ON e.seq = n.seq
            WHERE n.account = $1 AND n.version > $2 AND n.version <= $3
            ORDER BY n.version ${order === 'asc' ? 'ASC' : 'DESC'} LIMIT $4`,
    values: [uuidOf(account), after, upTo, limit],
  });
  return rows;
}

/** The version of the account's last entry at or before a booking time (RFC 3339); 0 if it had none. */
export async function readVersionAt(db: Queryable, account: AccountId, at: string): Promise<number> {
  const { rows } = await db.query<{ version: string }>({
    name: 'read-version-at',
    text: 'SELECT saldo_version_at($1, $2) AS version',
    values: [uuidOf(account), at],
  });
  return Number(rows[0]?.version ?? 0);
}
