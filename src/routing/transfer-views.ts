import type { TransferId } from '../domain/ids.js';
import { decodeEvent } from '../journal/decode.js';
import { stepsOf } from '../posting/steps-of.js';
import type { Queryable } from '../storage/queryable.js';
import { readHistory } from '../storage/statements/read-history.js';
import { transferViewOf } from './transfer-view.js';
import type { TransferView } from './views.js';

/** Many transfers of a shard as they are now, in one read; those that it does not know are left out. */
export async function transferViews(
  db: Queryable,
  ids: readonly TransferId[],
  shard: number,
): Promise<Map<TransferId, TransferView>> {
  const histories = new Map(ids.map((id) => [id, [] as { readonly body: string }[]]));
  for (const row of ids.length === 0 ? [] : await readHistory(db, ids)) {
    const { rows, parent } = stepsOf(decodeEvent(row.body).event);
    for (const id of new Set([...rows.map(([one]) => one), parent]))
      histories.get(id as TransferId)?.push(row);
  }
  const views = [...histories].flatMap(([id, history]) => transferViewOf(history, id, shard) ?? []);
  return new Map(views.map((view) => [view.id, view]));
}
