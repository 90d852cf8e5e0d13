import type { ScheduleId, TenantId } from '../../domain/ids.js';
import type { ScheduleState } from '../../domain/schedule.js';
import type { Queryable } from '../queryable.js';
import { idOf, uuidArray } from '../wire.js';

export interface ScheduleRow {
  readonly id: string;
  readonly tenant: TenantId;
  readonly seq: string;
  readonly once: boolean;
  readonly settled: number;
  readonly due: Date | null;
}

/** How far schedules are; those that are not there are left out. */
export async function readSchedules(db: Queryable, ids: readonly ScheduleId[]): Promise<ScheduleState[]> {
  const { rows } = await db.query<ScheduleRow>({
    name: 'read-schedules',
    text: 'SELECT id, tenant, seq, once, settled, due FROM schedules WHERE id = ANY ($1::uuid[])',
    values: [uuidArray(ids)],
  });
  return rows.map(scheduleStateOf);
}

export const scheduleStateOf = ({ id, tenant, seq, once, settled, due }: ScheduleRow): ScheduleState => ({
  id: idOf<ScheduleId>('sch', id),
  tenant,
  seq: Number(seq),
  once,
  settled,
  ...(due === null ? {} : { next: due.toISOString() }),
});
