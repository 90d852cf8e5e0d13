import type { Origin } from '../domain/command.js';
import type { Plan } from '../domain/transfer.js';
import type { Router } from '../routing/router.js';

/** What whoever writes a shard has to understand before it holds such a part (docs/sagas.md). */
const HOLDS_APART = 2;

/**
 * Raises the writer version of shards before something is asked of them that older releases would take for something else:
 * those then stop writing there. Once for each shard and node; where it is raised already nothing is written.
 */
export class ShardFormats {
  private readonly raised = new Set<number>();

  constructor(private readonly router: Router) {}

  /** Before a hold with debits on several shards. */
  async understandHolds({ coordinator, participants }: Plan, origin: Origin): Promise<void> {
    const shards = [coordinator, ...participants].filter((shard) => !this.raised.has(shard));
    await Promise.all(
      shards.map(async (shard) => {
        const raise = { kind: 'raise_writer_version', version: HOLDS_APART } as const;
        await this.router.submit(shard, raise, { ...origin, actor: 'system:intake' });
        this.raised.add(shard);
      }),
    );
  }
}
