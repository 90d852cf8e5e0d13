import type pg from 'pg';
import { type DueSchedule, readDueSchedules } from '../storage/statements/read-due-schedules.js';

export interface SchedulerOptions {
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Carries out the next occurrence; once, however often it is asked. False where another had done it. */
  readonly carryOut: (due: DueSchedule) => Promise<boolean>;
  readonly onError: (error: unknown) => void;
}

const MAX_BATCH = 200;
const POLL_MS = 250;
/** How long one that could not be carried out is left alone, so that it does not hold up the others. */
const REST_MS = 5_000;

/**
 * Carries out a shard's schedules when they are due, by Postgres's clock, one occurrence of each at a time, in batches.
 * It keeps nothing: what is due is found by the index, and an occurrence leaves it in the commit that carries it out. So
 * two of these do no harm, and one that dies is simply not there any more.
 */
export class Scheduler {
  private readonly resting = new Set<string>();

  constructor(private readonly options: SchedulerOptions) {}

  /** Carries out what comes due until the signal is aborted. */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      const done = await this.pass().catch((error: unknown) => {
        this.options.onError(error);
        return 0;
      });
      if (done === 0 && !lost.aborted) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Carries out one occurrence of each schedule that is due now; how many that were. */
  async pass(): Promise<number> {
    const found = await readDueSchedules(this.options.pool, MAX_BATCH + this.resting.size);
    const due = found.filter(({ schedule }) => !this.resting.has(schedule)).slice(0, MAX_BATCH);
    const done = await Promise.all(due.map((one) => this.carryOut(one)));
    return done.filter(Boolean).length;
  }

  private async carryOut(due: DueSchedule): Promise<boolean> {
    try {
      return await this.options.carryOut(due);
    } catch (error) {
      const { schedule } = due;
      this.options.onError(new Error(`${schedule} could not be carried out`, { cause: error }));
      this.resting.add(schedule);
      setTimeout(() => this.resting.delete(schedule), REST_MS).unref();
      return false;
    }
  }
}
