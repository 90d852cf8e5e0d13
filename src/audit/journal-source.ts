import type { EventLines } from './event-lines.js';

/** Where the journal is read from: a shard's events in order, in chunks; ends, or goes on for ever. */
export interface JournalSource {
  read(shard: number): AsyncIterable<readonly string[]>;
  /** The same as bytes with their hashes, for threads. */
  readLines?(shard: number): AsyncIterable<EventLines>;
  /** A shard's last event; undefined if there is none. */
  last(shard: number): Promise<string | undefined>;
  /** It holds so many events a shard and judges its own end: it must be read to it. */
  readonly holds?: readonly number[];
  /**
   * Wanted is what it had when reading began, whatever that says of itself. An empty piece tells that all of it was given;
   * what is published meanwhile may follow.
   */
  readonly whole?: boolean;
}
