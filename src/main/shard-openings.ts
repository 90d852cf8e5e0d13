import { UnavailableError } from '../errors/shard-errors.js';
import { migrateDatabase } from '../storage/migrate.js';
import { pause } from '../storage/pause.js';
import { reaching } from '../storage/reaching.js';

const RETRY_MS = 1_000;
/** Who waits for a shard is told after this: one may hang in the middle of it. */
const PATIENCE_MS = 10_000;

/**
 * Opens a cluster's shards for a node that starts. One that does not answer keeps the node from none of the others: it is
 * brought to this release's schema before this node first writes it, and what is due there is done when it is back.
 */
export class ShardOpenings {
  private readonly stopping = new AbortController();
  private readonly migrating = new Map<number, Promise<void>>();
  private readonly done = new Set<number>();
  private readonly away = new Set<number>();

  constructor(private readonly shardUrls: readonly string[]) {}

  /** `all`: of a cluster that is new, every shard must answer: else a wrong address would pass for a shard that is away. */
  async begin({ all }: { readonly all: boolean }): Promise<void> {
    const looks = this.shardUrls.map(async (_, shard) => {
      if (all) return this.migrate(shard);
      await reaching(`shard ${shard}`, () => this.ready(shard)).catch((error: unknown) => {
        if (!(error instanceof UnavailableError)) throw error;
        this.away.add(shard);
      });
    });
    await Promise.all(looks);
  }

  /** Resolves when the shard has this release's schema; rejects where that can not be seen to in time, and the next call tries again. */
  async ready(shard: number): Promise<void> {
    if (this.done.has(shard)) return;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('its schema is not looked at yet')), PATIENCE_MS);
    });
    try {
      await Promise.race([this.migrate(shard), late]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** As `due`, at once where the shard was not there a moment ago. */
  async dueAt(shard: number, work: () => Promise<unknown>): Promise<void> {
    if (this.away.has(shard)) void this.whenBack(work);
    else await this.due(work);
  }

  /** Does now what is due at a shard or, where it does not answer, when it is back. */
  async due(work: () => Promise<unknown>): Promise<void> {
    if (await this.isAway(work)) void this.whenBack(work);
  }

  stop(): void {
    this.stopping.abort();
  }

  /** However long that takes; one at a time. */
  private migrate(shard: number): Promise<void> {
    const known = this.migrating.get(shard);
    if (known !== undefined) return known;
    const migrating = migrateDatabase(this.shardUrls[shard] ?? '', 'shard')
      .then(() => void this.done.add(shard))
      .finally(() => this.migrating.delete(shard));
    this.migrating.set(shard, migrating);
    return migrating;
  }

  private async whenBack(work: () => Promise<unknown>): Promise<void> {
    const { signal } = this.stopping;
    // What else goes wrong there the shard's writer tells.
    do await pause(RETRY_MS, signal);
    while (!signal.aborted && (await this.isAway(work).catch(() => false)));
  }

  private async isAway(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work();
      return false;
    } catch (error) {
      if (error instanceof UnavailableError) return true;
      throw error;
    }
  }
}
