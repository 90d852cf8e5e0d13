import type { TenantId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf } from '../wire.js';

/** A transfer across shards that its coordinator has tried and not ended. */
export interface OpenIntent {
  readonly seq: number;
  readonly transfer: TransferId;
  readonly tenant: TenantId;
  /** Coordinator, participants in order, pivot last. */
  readonly route: string;
  /** RFC 3339. */
  readonly deadline: string;
}

export interface OpenIntents {
  readonly intents: readonly OpenIntent[];
  /** Every open intent up to this sequence, but of the routes left out, was among those read or comes before `after`. */
  readonly upTo: number;
}

interface Row {
  readonly head: string;
  readonly seq: string | null;
  readonly transfer: string;
  readonly tenant: TenantId;
  readonly route: string;
  readonly deadline: string;
}

/** The oldest open intents after a sequence, at most `limit`, without those of some routes. */
export async function readOpenIntents(
  db: Queryable,
  limit: number,
  { after = 0, except = [] }: { readonly after?: number; readonly except?: readonly string[] } = {},
): Promise<OpenIntents> {
  const { rows } = await db.query<Row>({
    name: 'read-open-intents',
    // Dates cost the driver more than all the rest of a row.
    text: `SELECT h.seq AS head, i.* FROM head h
             LEFT JOIN (SELECT seq, transfer, tenant, route, (extract(epoch FROM deadline) * 1000)::bigint AS deadline
                          FROM open_intents WHERE seq > $1 AND route <> ALL ($2) ORDER BY seq LIMIT $3) i ON true
            ORDER BY i.seq`,
    values: [after, except, limit],
  });
  const intents: OpenIntent[] = [];
  for (const { seq, transfer, tenant, route, deadline } of rows) {
    if (seq === null) continue;
    intents.push({
      seq: Number(seq),
      transfer: idOf<TransferId>('tr', transfer),
      tenant,
      route,
      deadline: new Date(Number(deadline)).toISOString(),
    });
  }
  const last = intents.at(-1);
  return {
    intents,
    upTo: last !== undefined && intents.length === limit ? last.seq : Number(rows[0]?.head ?? 0),
  };
}
