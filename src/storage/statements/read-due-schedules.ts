import type { ScheduleId, TenantId } from '../../domain/ids.js';
import type { Queryable } from '../queryable.js';
import { idOf, uuidArray } from '../wire.js';

export interface DueSchedule {
  readonly schedule: ScheduleId;
  readonly tenant: TenantId;
  /** Occurrences fired or skipped before. */
  readonly settled: number;
  /** RFC 3339, UTC. */
  readonly due: string;
  /** The event that made it. */
  readonly body: string;
  /** Postgres's clock. */
  readonly now: Date;
}

interface Row {
  readonly id: string;
  readonly tenant: TenantId;
  readonly settled: number;
  readonly due: Date;
  readonly body: string;
  readonly now: Date;
}

/** The schedules whose time has come by Postgres's own clock, longest due first, at most `limit`, without some: one index scan. */
export async function readDueSchedules(
  db: Queryable,
  limit: number,
  except: Iterable<ScheduleId> = [],
): Promise<DueSchedule[]> {
  const { rows } = await db.query<Row>({
    name: 'read-due-schedules',
    text: `SELECT s.id, s.tenant, s.settled, s.due, e.body, clock_timestamp() AS now
             FROM (SELECT * FROM schedules WHERE due <= clock_timestamp() AND id <> ALL ($2::uuid[]) ORDER BY due LIMIT $1) AS s
             JOIN events e USING (seq) ORDER BY s.due`,
    values: [limit, uuidArray(except)],
  });
  return rows.map(({ id, due, ...row }) => ({
    ...row,
    schedule: idOf<ScheduleId>('sch', id),
    due: due.toISOString(),
  }));
}
