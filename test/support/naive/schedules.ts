import type { FireOccurrence, ScheduleCommand } from '../../../src/domain/command.js';
import { occurrenceIdOf, type ScheduleId, type TenantId, type TransferId } from '../../../src/domain/ids.js';
import type {
  CancelSchedule,
  CreateSchedule,
  SkipOccurrences,
} from '../../../src/domain/schedule-command.js';
import type { Leg } from '../../../src/domain/transfer.js';
import type { NaiveBook } from './book.js';
import type { NaiveClaims } from './claims.js';

export interface NaiveSchedule {
  readonly id: ScheduleId;
  readonly tenant: TenantId;
  /** One line for each occurrence there was. */
  readonly past: string[];
  /** When the next one is due; undefined when there is none. */
  due: string | undefined;
}

/** Schedules as a list with, for each, the list of what became of its occurrences. */
export class NaiveSchedules {
  readonly all: NaiveSchedule[] = [];

  constructor(
    private readonly book: NaiveBook,
    private readonly claims: NaiveClaims,
    private readonly earlier: (id: TransferId, tenant: TenantId) => string | undefined,
    private readonly transfer: (command: FireOccurrence['transfer']) => string,
  ) {}

  put(command: ScheduleCommand): string {
    if (command.kind === 'schedule') return this.create(command);
    if (command.kind === 'unschedule') return this.cancel(command);
    const schedule = this.all.find(({ id, tenant }) => id === command.schedule && tenant === command.tenant);
    if (schedule === undefined) return 'refused:schedule_not_found';
    if (schedule.due === undefined) return 'refused:schedule_over';
    const [first, last] =
      command.kind === 'fire' ? [command.occurrence, command.occurrence] : [command.first, command.last];
    const inOrder = first === schedule.past.length + 1 && last >= first && command.due === schedule.due;
    const forward = command.next === undefined || Date.parse(command.next) > Date.parse(command.due);
    if (!inOrder || !forward) return 'refused:not_the_next_occurrence';
    return command.kind === 'fire' ? this.fire(schedule, command) : this.skip(schedule, command);
  }

  private create({ tenant, schedule: id, terms, next, claim }: CreateSchedule): string {
    const early = this.claims.refusal(claim) ?? this.claims.elsewhere(id);
    if (early !== undefined) return early;
    const known = this.all.find((one) => one.id === id);
    if (known !== undefined) return known.tenant === tenant ? 'again:done' : 'refused:schedule_not_found';
    const first = occurrenceIdOf(tenant, id, 1);
    if (this.book.find(first) !== undefined || this.book.tombstones.has(first))
      return 'refused:transfer_canceled';
    const ill = illFormed(terms.legs);
    if (ill !== undefined) return ill;
    this.claims.keep(claim);
    this.all.push({ id, tenant, past: [], due: next });
    return 'done';
  }

  private fire(schedule: NaiveSchedule, { tenant, occurrence, transfer, next }: FireOccurrence): string {
    const id = occurrenceIdOf(tenant, schedule.id, occurrence);
    const of = transfer.details?.occurrence;
    const isIts = of?.schedule === schedule.id && of.number === occurrence;
    if (transfer.transfer !== id || transfer.tenant !== tenant || !isIts)
      return 'refused:not_the_next_occurrence';
    const ill = illFormed(transfer.legs);
    if (ill !== undefined) return ill;
    const asked = this.transfer(transfer);
    const answer = asked.replace(/^refused/, 'rejected').replace(/^again:/, '');
    const known = this.book.find(id) !== undefined || this.book.tombstones.has(id);
    if (!known) {
      // What a caller would only have been told is written down.
      this.book.operations.push({ id, tenant, step: transfer.kind, answer, legs: transfer.legs });
    }
    schedule.past.push(answer);
    schedule.due = next;
    return answer;
  }

  private skip(schedule: NaiveSchedule, { first, last, next }: SkipOccurrences): string {
    for (let number = first; number <= last; number += 1) schedule.past.push('skipped');
    schedule.due = next;
    return 'done';
  }

  private cancel({ tenant, operation: id, schedule, claim }: CancelSchedule): string {
    const early = this.claims.refusal(claim) ?? this.earlier(id, tenant);
    if (early !== undefined) return early;
    const known = this.all.find((one) => one.id === schedule && one.tenant === tenant);
    if (known === undefined) return 'refused:schedule_not_found';
    if (known.due === undefined) return 'refused:schedule_over';
    known.due = undefined;
    this.claims.keep(claim);
    this.book.operations.push({ id, tenant, step: 'unschedule', answer: 'done', legs: [] });
    return 'done';
  }
}

function illFormed(legs: readonly Leg[]): string | undefined {
  const same = legs.filter(({ debit, credit }) => debit === credit).map(({ debit }) => debit);
  const [first] = same.sort();
  if (first !== undefined) return `refused:same_account:${first}`;
  return legs.some(({ amount }) => amount <= 0n) ? 'refused:amount_not_positive' : undefined;
}
