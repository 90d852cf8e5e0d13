import type { TenantId } from '../domain/ids.js';

/** One of a tenant's events. */
export interface FeedEvent {
  readonly shard: number;
  readonly seq: number;
  /** The journal's own bytes as text: what is hashed and published. One line. */
  readonly text: string;
  /** Reading on from here gives what comes after it. */
  readonly cursor: string;
}

export interface FeedPage {
  /** Each shard's in its order; between shards by booking time. */
  readonly events: readonly FeedEvent[];
  /** Reading on from here gives what comes after the page; it moves past other tenants' events too. */
  readonly cursor: string;
  /** Whether every shard's journal was read to its end. */
  readonly caughtUp: boolean;
  /** Shards that did not answer: their events come later. */
  readonly unreachable: readonly number[];
}

/** Reads a tenant's events from one place on. Close it. */
export interface FeedReader {
  /**
   * The next events, after those it has given; none may mean that so far it met only other tenants' (`caughtUp`).
   * @throws InvalidCursorError if it was opened at a place that is not there
   */
  read(most: { readonly events: number; readonly bytes: number }): Promise<FeedPage>;
  /** Resolves when the tenant may have news, when the time is over, or when the signal is aborted. */
  wait(timeoutMs: number, signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface FeedPort {
  /**
   * `from`: a cursor, `start` or `now`. `live`: it will wait for news.
   * @throws InvalidCursorError if it is no cursor of this tenant's
   */
  open(tenant: TenantId, from: string, options: { readonly live: boolean }): Promise<FeedReader>;
}
