import type { TransferId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf } from '../wire.js';

export interface IntentSince {
  readonly seq: number;
  readonly transfer: TransferId;
  readonly route: string;
  /** How long it has been open by Postgres's clock, milliseconds. */
  readonly ageMs: number;
}

/** The oldest open intents after a sequence, at most `limit`; a shard's times do not go back with the sequence. */
export async function readIntentsSince(db: Queryable, seq: number, limit: number): Promise<IntentSince[]> {
  const { rows } = await db.query<{ seq: string; transfer: string; route: string; age: string }>({
    name: 'read-intents-since',
    text: `SELECT i.seq, i.transfer, i.route,
                  extract(epoch FROM clock_timestamp() - (e.body::json ->> 'time')::timestamptz) * 1000 AS age
             FROM (SELECT seq, transfer, route FROM open_intents WHERE seq > $1 ORDER BY seq LIMIT $2) i
             JOIN events e USING (seq) ORDER BY i.seq`,
    values: [seq, limit],
  });
  return rows.map(({ seq: at, transfer, route, age }) => ({
    seq: Number(at),
    transfer: idOf<TransferId>('tr', transfer),
    route,
    ageMs: Math.round(Number(age)),
  }));
}
