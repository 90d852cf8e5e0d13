import type pg from 'pg';
import type { ScheduleId } from '../domain/ids.js';
import { pause } from '../storage/pause.js';
import { type DueSchedule, readDueSchedules } from '../storage/statements/read-due-schedules.js';

export interface SchedulerOptions {
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Carries out the next occurrence; once, however often it is asked. False where another had done it. */
  readonly carryOut: (due: DueSchedule) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

const MAX_BATCH = 200;
/** Far more than wait at a time, unless a shard is dead. */
const MOST_UNDER_WAY = 2_000;
const POLL_MS = 250;
/** How long one that could not be carried out is left alone, so that it does not hold up the others. */
const REST_MS = 5_000;
/** The more rest the longer: else those whose rest is over would be asked for again and again, before others have had a turn. */
const RESTING_FOR_TWICE = 500;

/**
 * Carries out a shard's schedules when they are due, by Postgres's clock, one occurrence of each at a time, in batches.
 * It keeps nothing: what is due is found by the index, and an occurrence leaves it in the commit that carries it out. So
 * two of these do no harm, and one that dies is simply not there any more.
 */
export class Scheduler {
  private readonly resting = new Set<ScheduleId>();
  private readonly underWay = new Map<ScheduleId, Promise<boolean>>();

  constructor(private readonly options: SchedulerOptions) {}

  /** Carries out what comes due until the signal is aborted. */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      const poll = pause(POLL_MS, lost);
      const begun = await this.begin().catch((error: unknown) => {
        this.options.onError(error);
        return [];
      });
      // One that waits, for a shard that does not answer, is under way until then, and keeps no other from its time.
      const done = await Promise.race([Promise.all(begun), poll]);
      if (done?.some(Boolean) !== true) await poll;
    }
    await Promise.all(this.underWay.values());
  }

  /** Carries out one occurrence of each schedule that is due now; how many that were. */
  async pass(): Promise<number> {
    const done = await Promise.all(await this.begin());
    return done.filter(Boolean).length;
  }

  /** Begins with those that are due, without those that rest or are under way. */
  private async begin(): Promise<Promise<boolean>[]> {
    const { resting, underWay } = this;
    const free = Math.min(MAX_BATCH, MOST_UNDER_WAY - underWay.size);
    const due = await readDueSchedules(this.options.pool, free, [...resting, ...underWay.keys()]);
    return due.map((one) => {
      const done = this.carryOut(one).finally(() => underWay.delete(one.schedule));
      underWay.set(one.schedule, done);
      return done;
    });
  }

  private async carryOut(due: DueSchedule): Promise<boolean> {
    try {
      return await this.options.carryOut(due);
    } catch (error) {
      const { schedule } = due;
      this.options.onError(new Error(`${schedule} could not be carried out`, { cause: error }));
      const restMs = REST_MS * (1 + this.resting.size / RESTING_FOR_TWICE);
      this.resting.add(schedule);
      setTimeout(() => this.resting.delete(schedule), restMs).unref();
      return false;
    }
  }
}
