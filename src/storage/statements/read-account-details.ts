import type { Account } from '../../domain/account.js';
import type { AccountId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { uuidOf } from '../wire.js';
import { type AccountRow, accountOf } from './read-accounts.js';

export interface AccountDetails extends Account {
  readonly metadata: Readonly<Record<string, string>>;
  /** RFC 3339. */
  readonly openedAt: string;
}

/** One account with its metadata and the time of the event that opened it. */
export async function readAccountDetails(db: Queryable, id: AccountId): Promise<AccountDetails | undefined> {
  const { rows } = await db.query<AccountRow & { metadata: string; opened_at: string }>({
    name: 'read-account-details',
    text: `SELECT a.id, a.tenant, a.kind, a.asset, a.status, a.review_debits, a.min_balance, a.max_balance, a.reference, a.seq, a.metadata, e.version,
                  e.debits_posted, e.credits_posted, e.debits_pending, e.credits_pending,
                  (SELECT body::jsonb ->> 'time' FROM events WHERE seq = a.seq) AS opened_at
             FROM accounts a
             LEFT JOIN LATERAL (SELECT * FROM entries WHERE account = a.id ORDER BY version DESC LIMIT 1) e ON true
            WHERE a.id = $1`,
    values: [uuidOf(id)],
  });
  const row = rows[0];
  return row && { ...accountOf(row), metadata: JSON.parse(row.metadata), openedAt: row.opened_at };
}
