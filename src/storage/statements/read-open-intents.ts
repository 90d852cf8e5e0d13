import type { TenantId, TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { arrayLiteral, idOf } from '../wire.js';

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

/** The intents of one route from one sequence to another. */
export interface IntentRange {
  readonly route: string;
  readonly first: number;
  readonly last: number;
}

/** What to pass over: routes that have enough under way, and what is under way on the others. */
export interface PassedOver {
  readonly routes?: readonly string[];
  readonly ranges?: readonly IntentRange[];
}

interface Row {
  readonly seq: string;
  readonly transfer: string;
  readonly tenant: TenantId;
  readonly route: string;
  readonly deadline: Date;
}

/** The oldest open intents, at most `limit`. */
export async function readOpenIntents(
  db: Queryable,
  limit: number,
  { routes = [], ranges = [] }: PassedOver = {},
): Promise<OpenIntent[]> {
  const { rows } = await db.query<Row>({
    name: 'read-open-intents',
    text: `SELECT seq, transfer, tenant, route, deadline FROM open_intents i
            WHERE route <> ALL ($2)
              AND NOT EXISTS (SELECT FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS under_way (route, first, last)
                               WHERE under_way.route = i.route AND i.seq BETWEEN under_way.first AND under_way.last)
            ORDER BY seq LIMIT $1`,
    values: [
      limit,
      routes,
      ranges.map(({ route }) => route),
      arrayLiteral(ranges.map(({ first }) => first)),
      arrayLiteral(ranges.map(({ last }) => last)),
    ],
  });
  return rows.map(({ seq, transfer, tenant, route, deadline }) => ({
    seq: Number(seq),
    transfer: idOf<TransferId>('tr', transfer),
    tenant,
    route,
    deadline: deadline.toISOString(),
  }));
}
