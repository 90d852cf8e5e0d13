import type pg from 'pg';
import type { Router } from '../routing/router.js';
import { readDueHolds } from '../storage/statements/read-due-holds.js';

export interface ExpiryOptions {
  readonly shard: number;
  readonly router: Router;
  /** As the posting role. */
  readonly pool: pg.Pool;
  readonly onError: (error: unknown) => void;
}

const MAX_BATCH = 500;
const POLL_MS = 500;
const ORIGIN = { actor: 'system:expiry' } as const;

/**
 * Expires a shard's holds when their time has come, by Postgres's clock, in batches. A hold that was captured or voided
 * between the look and the command has ended: its expiry is refused and changes nothing, so two of these do no harm.
 */
export class Expiry {
  constructor(private readonly options: ExpiryOptions) {}

  /** Expires until the signal is aborted. */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      const found = await this.pass().catch((error: unknown) => {
        this.options.onError(error);
        return 0;
      });
      if (found < MAX_BATCH && !lost.aborted) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Expires what is due now; how many holds that were. */
  async pass(): Promise<number> {
    const { pool, router, shard } = this.options;
    const due = await readDueHolds(pool, MAX_BATCH);
    await Promise.all(
      due.map(({ tenant, transfer: hold }) => router.submit(shard, { kind: 'expire', tenant, hold }, ORIGIN)),
    );
    return due.length;
  }
}
