import type { ScheduleId, TenantId, TransferId } from '../../domain/ids.js';
import type { ScheduleState } from '../../domain/schedule.js';
import type { Queryable } from '../queryable.js';
import { uuidArray, uuidOf } from '../wire.js';
import { type ScheduleRow, scheduleStateOf } from './read-schedules.js';

/** How far a schedule is, and the text of the event that made it. */
export interface KeptSchedule {
  readonly state: ScheduleState & { readonly canceled: boolean };
  readonly body: string;
}

interface KeptRow extends ScheduleRow {
  readonly canceled: boolean;
  readonly body: string;
}

const KEPT = `SELECT s.id, s.tenant, s.seq, s.once, s.settled, s.due, s.canceled, e.body
                FROM schedules s JOIN events e ON e.seq = s.seq`;

const STATUS = `CASE WHEN s.canceled THEN 'canceled' WHEN s.due IS NULL THEN 'ended' ELSE 'active' END`;

export async function readSchedule(db: Queryable, id: ScheduleId): Promise<KeptSchedule | undefined> {
  const { rows } = await db.query<KeptRow>({
    name: 'read-schedule',
    text: `${KEPT} WHERE s.id = $1`,
    values: [uuidOf(id)],
  });
  return rows.map(keptOf)[0];
}

/** A tenant's schedules in the order of their ids, from the one after `after` on: a walk of the index. */
export async function readScheduleList(
  db: Queryable,
  tenant: TenantId,
  { after, status, limit }: { after?: ScheduleId; status?: 'active' | 'ended' | 'canceled'; limit: number },
): Promise<KeptSchedule[]> {
  const { rows } = await db.query<KeptRow>({
    name: 'read-schedule-list',
    text: `${KEPT} WHERE s.tenant = $1 AND ($2::uuid IS NULL OR s.id > $2) AND ($3::text IS NULL OR ${STATUS} = $3)
            ORDER BY s.id LIMIT $4`,
    values: [tenant, after === undefined ? null : uuidOf(after), status ?? null, limit],
  });
  return rows.map(keptOf);
}

/**
 * Those of every tenant, or of one, that are due the soonest, what has ended last, and how many there are: an operator's
 * list, which counts them all.
 */
export async function readNextSchedules(
  db: Queryable,
  { tenant, status, limit }: { tenant?: TenantId; status?: 'active' | 'ended' | 'canceled'; limit: number },
): Promise<{ readonly items: readonly KeptSchedule[]; readonly all: number }> {
  const { rows } = await db.query<KeptRow & { readonly all: string }>({
    name: 'read-next-schedules',
    text: `SELECT s.*, e.body
             FROM (SELECT s.id, s.tenant, s.seq, s.once, s.settled, s.due, s.canceled, count(*) OVER () AS "all"
                     FROM schedules s
                    WHERE ($1::text IS NULL OR s.tenant = $1) AND ($2::text IS NULL OR ${STATUS} = $2)
                    ORDER BY s.due NULLS LAST, s.id LIMIT $3) s
             JOIN events e ON e.seq = s.seq`,
    values: [tenant ?? null, status ?? null, limit],
  });
  return { items: rows.map(keptOf), all: Number(rows[0]?.all ?? 0) };
}

/** The events that are linked to any of the ids, the latest first, of those before `before`. */
export async function readLinked(
  db: Queryable,
  ids: readonly (ScheduleId | TransferId)[],
  before: number,
  limit: number,
): Promise<{ readonly seq: number; readonly body: string }[]> {
  const { rows } = await db.query<{ seq: string; body: string }>({
    name: 'read-linked',
    text: `SELECT l.seq, e.body FROM links l JOIN events e ON e.seq = l.seq
            WHERE l.parent = ANY ($1::uuid[]) AND l.seq < $2 ORDER BY l.seq DESC LIMIT $3`,
    values: [uuidArray(ids), before, limit],
  });
  return rows.map(({ seq, body }) => ({ seq: Number(seq), body }));
}

const keptOf = ({ body, canceled, ...row }: KeptRow): KeptSchedule => ({
  state: { ...scheduleStateOf(row), canceled },
  body,
});
