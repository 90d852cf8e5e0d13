import { keyDigits } from './claims.js';
import type { JournalEvent, LegData } from './journal-event.js';

type Wrong = readonly [what: string, expected: string, found: string];

interface Schedule {
  readonly tenant: string;
  readonly seq: number;
  readonly once: boolean;
  readonly legs: readonly LegData[];
  readonly upTo: boolean;
  settled: number;
  /** When the next one is due; undefined when nothing is still to come. */
  next: string | undefined;
  canceled: boolean;
}

/**
 * Schedules: occurrences are numbered without a gap, each at the time that was announced, and each made one transfer: the
 * one with the system's own key for it, of the schedule's own legs, in the same commit.
 */
export class Schedules {
  private readonly all = new Map<string, Schedule>();
  private readonly tombstones = new Set<string>();
  /** The first step of an occurrence's transfer, whose schedule must advance with the next event. */
  private begun: JournalEvent | undefined;

  /** Whether the next event must be about a schedule. */
  get expecting(): boolean {
    return this.begun !== undefined;
  }

  see(event: JournalEvent): Wrong | undefined {
    const { type, data } = event;
    const { begun } = this;
    this.begun = undefined;
    if (begun !== undefined && type !== 'saldo.schedule.fired') {
      return ['event after an occurrence', 'saldo.schedule.fired', type];
    }
    if (data.tombstone === true && data.transfer !== undefined) this.tombstones.add(data.transfer);
    if (data.occurrence !== undefined) this.begun = event;
    if (type === 'saldo.schedule.created') return this.create(event);
    if (!type.startsWith('saldo.schedule.')) return undefined;
    const known = this.all.get(data.schedule ?? '');
    if (known === undefined || known.tenant !== event.tenant)
      return ['schedule', `one of ${event.tenant}`, data.schedule ?? 'none'];
    if (known.next === undefined) return ['schedule', 'one that is not over', type];
    if (type === 'saldo.schedule.fired') return this.fire(known, event, begun);
    if (type === 'saldo.schedule.skipped') return advance(known, event, data.first, data.last);
    if (data.settled !== known.settled)
      return ['occurrences before the cancel', String(known.settled), String(data.settled)];
    known.next = undefined;
    known.canceled = true;
    return undefined;
  }

  /** As their rows in the shard are. */
  rows(): [string, string][] {
    return [...this.all].map(([id, { tenant, once, seq, settled, next, canceled }]) => {
      const due = next === undefined ? 'none' : Date.parse(next);
      const row = [tenant, Number.parseInt(id.slice(4, 7), 16), once, seq, settled, due, canceled];
      return [id, row.join(' ')];
    });
  }

  private create({ tenant = '', sequence, data }: JournalEvent): Wrong | undefined {
    const { schedule = '', terms, rule, next } = data;
    if (this.all.has(schedule)) return ['schedule', 'made once', `${schedule} again`];
    const { legs = [], up_to: upTo = false } = terms ?? {};
    const seq = Number(sequence);
    const fresh = { settled: 0, next, canceled: false };
    this.all.set(schedule, { tenant, seq, once: rule === undefined, legs, upTo, ...fresh });
    return undefined;
  }

  private fire(known: Schedule, event: JournalEvent, begun: JournalEvent | undefined): Wrong | undefined {
    const { data, tenant = '', actor } = event;
    const { schedule = '', number, fired = '' } = data;
    const key = occurrenceId(tenant, schedule, number ?? 0);
    if (fired !== key) return ["transfer of the system's key", key, fired];
    if (actor !== 'system:schedule') return ['actor of an occurrence', 'system:schedule', actor];
    if (begun === undefined) {
      // Its key was burnt before: there is no transfer, and there will be none.
      if (!this.tombstones.has(fired)) return ['event before', `the first step of ${fired}`, 'another'];
    } else {
      const { transfer, occurrence, intent, plan = intent?.plan, legs = [] } = begun.data;
      const made = `${transfer} ${occurrence?.schedule} ${occurrence?.number}`;
      if (made !== `${fired} ${schedule} ${number}`)
        return ['occurrence', `${fired} ${schedule} ${number}`, made];
      const [asked, moved] = [known.legs.map(way).join(), (plan?.legs ?? legs).map(way).join()];
      if (asked !== moved) return ['legs of an occurrence', asked, moved];
      const amounts = (all: readonly LegData[]): string => all.map(({ amount }) => amount).join();
      const [most, found] = [amounts(known.legs), amounts(plan?.legs ?? legs)];
      if (known.upTo ? BigInt(found) > BigInt(most) : most !== found)
        return ['amounts of an occurrence', most, found];
    }
    return advance(known, event, number, number);
  }
}

function advance(
  known: Schedule,
  { data: { due = '', next } }: JournalEvent,
  first = 0,
  last = 0,
): Wrong | undefined {
  if (first !== known.settled + 1 || last < first)
    return ['number of an occurrence', String(known.settled + 1), `${first} to ${last}`];
  if (due !== known.next) return ['time of an occurrence', known.next ?? 'none', due];
  if (next !== undefined && next <= due) return ['time of the next occurrence', `after ${due}`, next];
  known.settled = last;
  known.next = next;
  return undefined;
}

const way = ({ debit, credit, asset }: LegData): string => `${debit} ${credit} ${asset}`;

/** The schedule's bucket, and the hash of the system's key: what caused the transfer (docs/journal-format.md). */
export const occurrenceId = (tenant: string, schedule: string, number: number): string =>
  `tr_${schedule.slice(4, 7)}${keyDigits(tenant, 'system', `${schedule}/${number}`)}`;
