import { LRUCache } from 'lru-cache';

/** What went wrong last with a transfer's steps on this node, for whoever has to look at it. Bounded. */
export class LastErrors {
  private readonly errors = new LRUCache<string, string>({ max: 20_000 });

  note(transfers: Iterable<string>, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    for (const transfer of transfers) this.errors.set(transfer, text);
  }

  of(transfer: string): string | undefined {
    return this.errors.get(transfer);
  }
}
