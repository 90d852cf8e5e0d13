import type { Signing } from '../domain/checkpoint.js';
import type { ClaimId, TransferId } from '../domain/ids.js';
import type { LedgerState } from '../domain/state.js';
import { MemoryState } from '../domain/state.js';

/**
 * The working copy of one batch: everything its commands touch, and nothing else. It keeps its own references, so a
 * cache smaller than the batch, or one that evicts meanwhile, changes nothing. While the batch is not committed the
 * next one looks here first; when it is, `mergeInto` makes it part of the cache.
 */
export class BatchState extends MemoryState {
  /** Taken to be new without the shard having been asked: the append asks, or nothing may be said. */
  readonly unasked = new Set<ClaimId | TransferId>();

  /** Read only where a command of the batch asks for it. */
  protected override signed: Signing | undefined = undefined;

  mergeInto(cache: LedgerState): void {
    const identity = this.identity();
    if (identity !== undefined) cache.setIdentity(identity);
    const signing = this.signing();
    if (signing !== undefined) cache.setSigning(signing);
    for (const [id, tenant] of this.tenants) cache.setTenant(id, tenant);
    for (const account of this.accounts.values()) cache.setAccount(account);
    for (const transfer of this.transfers.values()) cache.setTransfer(transfer);
  }
}
