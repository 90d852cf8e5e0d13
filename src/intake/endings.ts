import type { TransferId } from '../domain/ids.js';
import type { Written } from '../posting/answer.js';
import { atShard } from '../routing/shard-map.js';
import { answerViewOf, endedAs, writtenView } from '../routing/transfer-view.js';
import type { TransferView } from '../routing/views.js';
import type { EndWatch } from '../saga/end-watch.js';
import type { ShardPools } from '../storage/shard-pools.js';
import { readHistory } from '../storage/statements/read-history.js';
import type { TransferAnswer } from './requests.js';

/** What became of a transfer that was just asked for, and the wait for its end where it has none yet. */
export class Endings {
  constructor(
    /** As the posting role. */
    private readonly pools: ShardPools,
    /** By shard number. */
    private readonly watches: readonly EndWatch[],
  ) {}

  /** `shard`: its coordinator's. Across shards it is waited for, at most `waitMs`. */
  async answer(
    transfer: TransferId,
    shard: number,
    { written, replayed }: { readonly written?: Written; readonly replayed: boolean },
    waitMs: number,
  ): Promise<TransferAnswer> {
    const first = await this.view(transfer, shard, written);
    if (first.status !== 'processing') return told(first, replayed);
    const end = await atShard(this.watches, shard).wait(transfer, waitMs);
    const now = end === undefined ? await this.view(transfer, shard) : endedAs(first, end);
    return told(now, replayed);
  }

  /** Resolves when the saga has ended, at the latest after `waitMs`. */
  async wait(saga: TransferId, shard: number, waitMs: number): Promise<void> {
    await atShard(this.watches, shard).wait(saga, waitMs);
  }

  /** Rendered from the event just written, or from what the shard has recorded. */
  async view(transfer: TransferId, shard: number, written?: Written): Promise<TransferView> {
    const view =
      written === undefined
        ? answerViewOf(await this.history(transfer, shard), transfer, shard)
        : writtenView(written, transfer, shard);
    if (view === undefined) throw new Error(`nothing is recorded of ${transfer} on shard ${shard}`);
    return view;
  }

  history(transfer: TransferId, shard: number) {
    return this.pools.read(shard, (pool) => readHistory(pool, [transfer]));
  }
}

/** What waits for a saga or for a person has been accepted, and has no end yet. */
export const told = (transfer: TransferView, replayed: boolean): TransferAnswer =>
  transfer.status === 'processing' || transfer.status === 'review'
    ? { kind: 'processing', transfer, replayed }
    : ended(transfer, replayed);

export const ended = (transfer: TransferView, replayed: boolean): TransferAnswer => ({
  kind: 'ended',
  transfer,
  replayed,
});
