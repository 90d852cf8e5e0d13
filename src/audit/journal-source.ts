import type { EventLines } from './event-lines.js';

/**
 * Where the journal is read from: a shard's events in order, in chunks; ends, or goes on for ever. An empty chunk tells that
 * all was given that was there when reading began.
 */
export interface JournalSource {
  read(shard: number): AsyncIterable<readonly string[]>;
  /** The same as bytes with their hashes, for threads. */
  readLines?(shard: number): AsyncIterable<EventLines>;
  /** How many shards it says there are. */
  shards?(): Promise<number>;
  /** It holds so many events a shard and judges its own end: it must be read to it. */
  readonly holds?: readonly number[];
  /** Wanted is what was there when reading began, whatever that says of itself. */
  readonly whole?: boolean;
}
