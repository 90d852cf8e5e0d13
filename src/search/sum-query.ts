import type { AccountId, TenantId } from '../domain/ids.js';
import { uuidOf } from '../storage/wire.js';
import { assetCursor, instant, limitOf, plain } from './parameters.js';
import type { SumQuery } from './requests.js';
import type { Statement } from './transfer-query.js';

/** Sums of accounts whose reference begins with a text, one row an asset. @throws InvalidSearchError */
export function sumStatement(tenant: TenantId, { prefix, asset, cursor, limit }: SumQuery): Statement {
  const values: unknown[] = [tenant, `${plain(prefix, 'prefix').replaceAll(/[\\%_]/g, '\\$&')}%`];
  const given = (value: unknown): string => `$${values.push(value)}`;
  const only = asset === undefined ? '' : `AND a.asset = ${given(asset)}`;
  const after = cursor === undefined ? '' : `AND a.asset COLLATE "C" > ${given(assetCursor(cursor))}`;
  const text = `SELECT a.asset, count(*) AS accounts, sum(a.debits_posted) AS debits, sum(a.credits_posted) AS credits,
                       sum(a.debits_pending) AS debits_pending, sum(a.credits_pending) AS credits_pending
    FROM accounts a WHERE a.tenant = $1 AND a.reference LIKE $2 ${only} ${after}
   GROUP BY a.asset ORDER BY a.asset COLLATE "C" LIMIT ${given(limitOf(limit) + 1)}`;
  return { text, values };
}

/** The whole days before, and of that day the entries up to the time. @throws InvalidSearchError */
export function balanceStatement(tenant: TenantId, account: AccountId, at: string): Statement {
  const time = instant(at, 'at');
  return {
    text: `SELECT a.asset, coalesce(d.debits, 0) + coalesce(e.debits, 0) AS debits,
                  coalesce(d.credits, 0) + coalesce(e.credits, 0) AS credits
      FROM accounts a
     CROSS JOIN LATERAL (SELECT sum(s.debits) AS debits, sum(s.credits) AS credits FROM day_sums s
                          WHERE s.tenant = $1 AND s.account = a.id AND s.day < $4::date) d
     CROSS JOIN LATERAL (SELECT sum(n.debits) AS debits, sum(n.credits) AS credits FROM entries n
                          WHERE n.tenant = $1 AND n.account = a.id
                            AND n.effective_at BETWEEN $5::timestamptz AND $3::timestamptz) e
     WHERE a.tenant = $1 AND a.id = $2`,
    values: [tenant, uuidOf(account), time, time.slice(0, 10), `${time.slice(0, 10)}T00:00:00.000Z`],
  };
}
