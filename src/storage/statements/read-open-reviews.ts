import type { TenantId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf, uuidOf } from '../wire.js';

/** A transfer that waits for a decision; times are RFC 3339. */
export interface OpenReview {
  readonly seq: number;
  readonly transfer: TransferId;
  readonly tenant: TenantId;
  readonly opened: string;
  /** Absent: never. */
  readonly deadline?: string;
  readonly escalates?: string;
  /** By Postgres's clock. */
  readonly escalated: boolean;
}

interface Row {
  readonly seq: string;
  readonly transfer: string;
  readonly tenant: TenantId;
  readonly opened: Date;
  readonly deadline: Date | null;
  readonly escalates: Date | null;
  readonly escalated: boolean;
}
const COLUMNS = `seq, transfer, tenant, opened, deadline, escalates,
                 coalesce(escalates <= clock_timestamp(), false) AS escalated`;

/** One tenant's, the longest waiting first, after the last that was seen: one index scan. */
export async function readOpenReviews(
  db: Queryable,
  {
    tenant,
    after,
    limit,
  }: {
    readonly tenant: TenantId;
    readonly after?: { readonly opened: string; readonly transfer: TransferId };
    readonly limit: number;
  },
): Promise<OpenReview[]> {
  const { rows } = await db.query<Row>({
    name: 'read-open-reviews',
    text: `SELECT ${COLUMNS} FROM open_reviews
            WHERE tenant = $1 AND (opened, transfer) > ($2::timestamptz, $3::uuid)
            ORDER BY opened, transfer LIMIT $4`,
    values: [tenant, after?.opened ?? '-infinity', uuidOf(after?.transfer ?? `tr_${'0'.repeat(32)}`), limit],
  });
  return rows.map(reviewOf);
}

/** Those of every tenant, or of one, that wait the longest, and how many there are: an operator's list, which counts them all. */
export async function readOldestReviews(
  db: Queryable,
  { tenant, limit }: { readonly tenant?: TenantId; readonly limit: number },
): Promise<{ readonly items: readonly OpenReview[]; readonly all: number }> {
  const { rows } = await db.query<Row & { readonly all: string }>({
    name: 'read-oldest-reviews',
    text: `SELECT ${COLUMNS}, count(*) OVER () AS "all" FROM open_reviews
            WHERE $1::text IS NULL OR tenant = $1 ORDER BY opened, transfer LIMIT $2`,
    values: [tenant ?? null, limit],
  });
  return { items: rows.map(reviewOf), all: Number(rows[0]?.all ?? 0) };
}

/** All tenants' after an event of the shard, in the order of the journal. */
export async function readReviewsAfter(db: Queryable, seq: number, limit: number): Promise<OpenReview[]> {
  const { rows } = await db.query<Row>({
    name: 'read-reviews-after',
    text: `SELECT ${COLUMNS} FROM open_reviews WHERE seq > $1 ORDER BY seq LIMIT $2`,
    values: [seq, limit],
  });
  return rows.map(reviewOf);
}

const reviewOf = ({ seq, transfer, tenant, opened, deadline, escalates, escalated }: Row): OpenReview => ({
  seq: Number(seq),
  transfer: idOf<TransferId>('tr', transfer),
  tenant,
  opened: opened.toISOString(),
  ...(deadline === null ? {} : { deadline: deadline.toISOString() }),
  ...(escalates === null ? {} : { escalates: escalates.toISOString() }),
  escalated,
});
