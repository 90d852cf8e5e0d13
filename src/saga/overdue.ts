import type pg from 'pg';
import { pause } from '../storage/pause.js';
import { type IntentSince, readIntentsSince } from '../storage/statements/read-intents-since.js';

export interface OverdueOptions {
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** A transfer that is open for longer needs an operator, milliseconds. */
  readonly afterMs: number;
  /** Called once for each such transfer, for as long as this node has the shard's pump. */
  readonly onOverdue: (intent: IntentSince) => void;
  readonly onError: (error: unknown) => void;
}

const MOST = 100;
const POLL_MS = 5_000;

/** Finds a shard's transfers that are open for too long, each once, the oldest first. */
export class Overdue {
  /** All up to here have been told. */
  private told = 0;

  constructor(private readonly options: OverdueOptions) {}

  /** Looks until the signal is aborted. */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      const found = await this.pass().catch((error: unknown) => {
        this.options.onError(error);
        return 0;
      });
      if (found < MOST) await pause(POLL_MS, lost);
    }
  }

  /** How many were found to be overdue now. */
  async pass(): Promise<number> {
    const { pool, afterMs, onOverdue } = this.options;
    let found = 0;
    for (const intent of await readIntentsSince(pool, this.told, MOST)) {
      if (intent.ageMs < afterMs) break;
      onOverdue(intent);
      this.told = intent.seq;
      found += 1;
    }
    return found;
  }
}
