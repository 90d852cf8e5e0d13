import type { ScheduleState } from './schedule.js';
import type { ScheduleEvent } from './schedule-event.js';
import type { LedgerState } from './state.js';

/** What an event makes of its schedule; one that the state does not hold is passed over. */
export function evolveSchedule(state: LedgerState, event: ScheduleEvent, seq: number): void {
  const { tenant, schedule: id } = event;
  if ('claim' in event && event.claim !== undefined) state.setClaim({ claim: event.claim, seq });
  if (event.type === 'schedule.created') {
    const { rule, next } = event;
    state.setSchedule({ id, tenant, seq, once: rule === undefined, settled: 0, next });
    return;
  }
  if (event.type === 'schedule.canceled') {
    const first = { step: 'unschedule', result: 'done', seq, legs: [] } as const;
    state.setTransfer({ id: event.transfer, tenant, coordinates: false, first });
  }
  const known = state.schedule(id);
  if (known !== undefined) state.setSchedule(advanced(known, event));
}

function advanced(
  { id, tenant, seq, once, settled: before }: ScheduleState,
  event: Exclude<ScheduleEvent, { type: 'schedule.created' }>,
): ScheduleState {
  const kept = { id, tenant, seq, once } as const;
  if (event.type === 'schedule.canceled') return { ...kept, settled: before };
  const settled = event.type === 'schedule.fired' ? event.occurrence : event.last;
  return event.next === undefined ? { ...kept, settled } : { ...kept, settled, next: event.next };
}
