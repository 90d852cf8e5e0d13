import { bucketOf, type ScheduleId } from '../domain/ids.js';
import type { ScheduleEvent } from '../domain/schedule-event.js';
import { uuidOf } from '../storage/wire.js';

type Row = Record<string, unknown>;
interface Advance {
  /** How many occurrences had been settled before the batch: a stale copy has another number, and raises. */
  readonly from: number;
  readonly settled: number;
  readonly due: string | null;
  readonly canceled: boolean;
}

/** The rows of a batch's schedules: those it makes, and how far it takes those that were there, one row each. */
export class ScheduleRows {
  private readonly made: Row[] = [];
  private readonly advances = new Map<ScheduleId, Advance>();

  add(event: ScheduleEvent, seq: number): void {
    const { schedule, tenant } = event;
    switch (event.type) {
      case 'schedule.created': {
        const once = event.rule === undefined;
        const bucket = bucketOf(schedule);
        this.made.push({ id: uuidOf(schedule), tenant, bucket, once, due: event.next, seq });
        return;
      }
      case 'schedule.fired':
        this.advance(schedule, event.occurrence - 1, event.occurrence, event.next);
        return;
      case 'schedule.skipped':
        this.advance(schedule, event.first - 1, event.last, event.next);
        return;
      case 'schedule.canceled':
        this.advance(schedule, event.settled, event.settled, undefined, true);
    }
  }

  addTo(rare: Map<string, readonly Row[]>): void {
    if (this.made.length > 0) rare.set('schedules', this.made);
    if (this.advances.size === 0) return;
    rare.set(
      'advanced',
      [...this.advances].map(([id, advance]) => ({ id: uuidOf(id), ...advance })),
    );
  }

  private advance(
    id: ScheduleId,
    from: number,
    settled: number,
    due: string | undefined,
    canceled = false,
  ): void {
    const before = this.advances.get(id);
    this.advances.set(id, { from: before?.from ?? from, settled, due: due ?? null, canceled });
  }
}
