import type { Queryable } from '../queryable.js';

/** By how much all of a shard's accounts in one asset changed, counts of minor units. */
export interface TotalsChange {
  readonly asset: string;
  readonly debitsPosted: bigint;
  readonly creditsPosted: bigint;
  readonly debitsPending: bigint;
  readonly creditsPending: bigint;
}

/**
 * What events after `after` up to `last` changed, by asset: of each account the counters after its last entry there less
 * those before its first, so that a hot account costs no more than a quiet one.
 */
export async function readTotalsChange(db: Queryable, after: number, last: number): Promise<TotalsChange[]> {
  const { rows } = await db.query<{ asset: string; dp: string; cp: string; dn: string; cn: string }>({
    name: 'read-totals-change',
    text: `WITH touched AS MATERIALIZED (
             SELECT account, min(version) AS first, max(version) AS last FROM entries
              WHERE seq > $1 AND seq <= $2 GROUP BY account)
           SELECT a.asset, sum(n.debits_posted - coalesce(o.debits_posted, 0)) AS dp,
                  sum(n.credits_posted - coalesce(o.credits_posted, 0)) AS cp,
                  sum(n.debits_pending - coalesce(o.debits_pending, 0)) AS dn,
                  sum(n.credits_pending - coalesce(o.credits_pending, 0)) AS cn
             FROM touched t
             JOIN accounts a ON a.id = t.account
             JOIN entries n ON n.account = t.account AND n.version = t.last
             LEFT JOIN entries o ON o.account = t.account AND o.version = t.first - 1
            GROUP BY a.asset`,
    values: [after, last],
  });
  return rows.map(({ asset, dp, cp, dn, cn }) => ({
    asset,
    debitsPosted: BigInt(dp),
    creditsPosted: BigInt(cp),
    debitsPending: BigInt(dn),
    creditsPending: BigInt(cn),
  }));
}
