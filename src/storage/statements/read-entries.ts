import type { AccountId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { uuidOf } from '../wire.js';

/** An account's entries in order of version, each with the text of its event and its place among the event's entries. */
export async function readEntries(
  db: Queryable,
  account: AccountId,
  afterVersion: number,
  limit: number,
): Promise<{ readonly ordinal: number; readonly body: string }[]> {
  const { rows } = await db.query<{ ordinal: number; body: string }>({
    name: 'read-entries',
    text: `SELECT n.ordinal, e.body FROM entries n JOIN events e ON e.seq = n.seq
            WHERE n.account = $1 AND n.version > $2 ORDER BY n.version LIMIT $3`,
    values: [uuidOf(account), afterVersion, limit],
  });
  return rows;
}
