import type pg from 'pg';
import type { Router } from '../routing/router.js';
import { readDueHolds, readDueReviews } from '../storage/statements/read-due.js';

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
 * Expires a shard's holds when their time has come and rejects what nobody decided about before the deadline of its
 * review, by Postgres's clock, in batches. What has ended or was decided between the look and the command refuses its
 * expiry, which changes nothing then: so two of these do no harm, and a decision that came first stands.
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

  /** Expires what is due now; the most there was of either kind. */
  async pass(): Promise<number> {
    const { pool, router, shard } = this.options;
    const [holds, reviews] = await Promise.all([
      readDueHolds(pool, MAX_BATCH),
      readDueReviews(pool, MAX_BATCH),
    ]);
    await Promise.all([
      ...holds.map(({ tenant, transfer: hold }) =>
        router.submit(shard, { kind: 'expire', tenant, hold }, ORIGIN),
      ),
      ...reviews.map(({ tenant, transfer: review }) =>
        router.submit(shard, { kind: 'expire_review', tenant, review }, ORIGIN),
      ),
    ]);
    return Math.max(holds.length, reviews.length);
  }
}
