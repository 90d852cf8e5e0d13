import type pg from 'pg';
import type { TransferId } from '../domain/ids.js';
import type { HeadWatch } from '../storage/head-watch.js';
import { readEnded } from '../storage/statements/read-ended.js';

/**
 * Tells callers when their transfers have ended, whichever node ended them: looks after each commit of the shard, all
 * waiting transfers in one query, one query at a time.
 */
export class EndWatch {
  private readonly waiting = new Map<TransferId, Set<() => void>>();
  private looking = false;
  private dirty = false;

  constructor(
    private readonly pool: pg.Pool,
    head: HeadWatch,
  ) {
    head.onCommit(() => this.look());
  }

  /** Resolves when the transfer has ended or the time is over; the caller reads what became of it. */
  wait(transfer: TransferId, timeoutMs: number): Promise<void> {
    if (timeoutMs <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const callers = this.waiting.get(transfer) ?? new Set();
      this.waiting.set(transfer, callers);
      const done = (): void => {
        clearTimeout(timer);
        callers.delete(done);
        if (callers.size === 0) this.waiting.delete(transfer);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      callers.add(done);
      // It may have ended between the caller's own look and now.
      this.look();
    });
  }

  private look(): void {
    this.dirty = true;
    if (this.looking) return;
    this.looking = true;
    void this.lookWhileDirty().finally(() => {
      this.looking = false;
    });
  }

  private async lookWhileDirty(): Promise<void> {
    while (this.dirty && this.waiting.size > 0) {
      this.dirty = false;
      // If the shard can not be asked the callers' own time runs out, and they are told it is still processing.
      const ended = await readEnded(this.pool, this.waiting.keys()).catch(() => []);
      for (const id of ended) for (const done of [...(this.waiting.get(id) ?? [])]) done();
    }
  }
}
