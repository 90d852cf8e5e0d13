import type { Account, AccountKind, AccountStatus } from '../../domain/account.js';
import type { Asset } from '../../domain/asset.js';
import type { AccountId, TenantId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf, uuidArray } from '../wire.js';

/** Accounts with what they hold: attributes from their row, counters and version from their last entry. */
export async function readAccounts(db: Queryable, ids: Iterable<AccountId>): Promise<Account[]> {
  const { rows } = await db.query<AccountRow>({
    name: 'read-accounts',
    text: `SELECT a.id, a.tenant, a.kind, a.asset, a.status, a.review_debits, a.min_balance, a.max_balance, a.reference, a.seq, e.version,
                  e.debits_posted, e.credits_posted, e.debits_pending, e.credits_pending
             FROM unnest($1::uuid[]) AS wanted (id)
             JOIN accounts a ON a.id = wanted.id
             LEFT JOIN LATERAL (SELECT * FROM entries WHERE account = a.id ORDER BY version DESC LIMIT 1) e ON true`,
    values: [uuidArray(ids)],
  });
  return rows.map(accountOf);
}

export interface AccountRow {
  readonly id: string;
  readonly tenant: TenantId;
  readonly kind: AccountKind;
  readonly asset: Asset;
  readonly status: AccountStatus;
  readonly review_debits: boolean;
  readonly min_balance: string | null;
  readonly max_balance: string | null;
  readonly reference: string | null;
  readonly seq: string;
  readonly version: string | null;
  readonly debits_posted: string | null;
  readonly credits_posted: string | null;
  readonly debits_pending: string | null;
  readonly credits_pending: string | null;
}

export const accountOf = (row: AccountRow): Account => ({
  id: idOf('acc', row.id),
  tenant: row.tenant,
  asset: row.asset,
  kind: row.kind,
  minBalance: row.min_balance === null ? null : BigInt(row.min_balance),
  maxBalance: row.max_balance === null ? null : BigInt(row.max_balance),
  status: row.status,
  reviewDebits: row.review_debits,
  openedSeq: Number(row.seq),
  reference: row.reference ?? undefined,
  counters: {
    debitsPosted: BigInt(row.debits_posted ?? 0),
    creditsPosted: BigInt(row.credits_posted ?? 0),
    debitsPending: BigInt(row.debits_pending ?? 0),
    creditsPending: BigInt(row.credits_pending ?? 0),
  },
  version: Number(row.version ?? 0),
});
