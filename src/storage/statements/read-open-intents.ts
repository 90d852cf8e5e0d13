import type { TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf } from '../wire.js';

/** A transfer across shards that its coordinator has tried and not ended. */
export interface OpenIntent {
  readonly seq: number;
  readonly transfer: TransferId;
  /** Coordinator, participants in order, pivot last. */
  readonly route: string;
  /** RFC 3339. */
  readonly deadline: string;
}

/** The oldest open intents, at most `limit`, passing over routes that have enough under way. */
export async function readOpenIntents(
  db: Queryable,
  limit: number,
  exceptRoutes: readonly string[],
): Promise<OpenIntent[]> {
  const { rows } = await db.query<{ seq: string; transfer: string; route: string; deadline: Date }>({
    name: 'read-open-intents',
    text: `SELECT seq, transfer, route, deadline FROM open_intents
            WHERE route <> ALL ($2) ORDER BY seq LIMIT $1`,
    values: [limit, exceptRoutes],
  });
  return rows.map(({ seq, transfer, route, deadline }) => ({
    seq: Number(seq),
    transfer: idOf<TransferId>('tr', transfer),
    route,
    deadline: deadline.toISOString(),
  }));
}
