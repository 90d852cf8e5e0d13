import type { LedgerEvent } from '../domain/event.js';
import type { DecodedEvent } from '../journal/decode.js';
import type { JournalPosition } from '../journal/journal-cursor.js';

/** One event of a shard's journal, checked: the next of its shard, in the journal's order, each once. */
export interface JournalEvent<Data extends LedgerEvent = LedgerEvent> {
  readonly shard: number;
  /** Goes up by exactly one with each event of the shard; (shard, seq) names the event for ever. */
  readonly seq: number;
  /** `<shard>-<seq>`. */
  readonly id: string;
  /** RFC 3339, UTC, milliseconds: when the shard booked it; never goes backwards within a shard. */
  readonly time: string;
  /** The transfer, account, key or tenant it is about. */
  readonly subject: string;
  /** Who: `key:<API key id>`, `operator:<name>` or `system:<part>`. */
  readonly actor: string;
  readonly cause?: string;
  readonly traceparent?: string;
  /** What happened, by `type`; amounts are whole minor units as bigint. */
  readonly data: Data;
  /** The event's own bytes (UTF-8), as hashed and published. */
  readonly text: string;
}

/** How far a group is in a shard's journal. */
export interface Position extends JournalPosition {
  /** Where Kafka has the record after it; a hint only, since a log that lost its end is published again. */
  readonly offset: number;
}

export interface Item {
  readonly event: JournalEvent;
  /** After it. */
  readonly position: Position;
}

/** What could not be processed, and is put aside. */
export interface PoisonRecord {
  readonly shard: number;
  /** Undefined where the record is no event at all. */
  readonly seq: number | undefined;
  readonly offset: number;
  readonly reason: string;
  readonly text: string;
}

export function toJournalEvent({ envelope, seq, event }: DecodedEvent, text: string): JournalEvent {
  const { id, shard, time, subject, actor, cause, traceparent } = envelope;
  return {
    shard: Number(shard),
    seq,
    id,
    time,
    subject,
    actor,
    ...(cause === undefined ? {} : { cause }),
    ...(traceparent === undefined ? {} : { traceparent }),
    data: event,
    text,
  };
}
