/** Somewhere outside the ledger's databases and its journal that keeps one shard's anchors, in order. */
export interface AnchorPlace {
  readonly kind: 'file' | 'topic';
  /** Whoever had it open before is shut out, where the place can do that. `lost`: ends every wait. */
  open(lost: AbortSignal): Promise<OpenAnchors>;
}

export interface OpenAnchors {
  /** The last whole anchor that is there. */
  readonly last: string | undefined;
  /** Durable when it resolves. After an error it must be opened again: what is there tells what was written. */
  append(texts: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** What is anchored is not what the shard has: one of the two was changed. An operator must look. */
export class AnchorsDivergedError extends Error {
  override readonly name = 'AnchorsDivergedError';
}
