import type { LedgerEventType } from '../domain/event.js';

/** Version of the shapes in `data`; a reader that meets a higher one must stop. */
export const SCHEMA_VERSION = 1;
/** What this release writes and understands; a shard whose head says more must not be written by it. */
export const WRITER_VERSION = 2;
/** `prev` of the first event. */
export const GENESIS_HASH = '0'.repeat(64);
const TYPE_PREFIX = 'saldo.';

/**
 * An event as it is stored, hashed and published: a CloudEvent 1.0 in structured mode, one line of JSON.
 * Attributes stand in this order; `hash(n)` is the SHA-256 of the bytes of event n and the `prev` of n+1.
 */
export interface Envelope {
  readonly specversion: '1.0';
  /** `<shard>-<sequence>`. */
  readonly id: string;
  /** `/<cluster>/shards/<shard>`. */
  readonly source: string;
  readonly type: `saldo.${LedgerEventType}`;
  /** RFC 3339, UTC, milliseconds; never goes backwards within a shard. */
  readonly time: string;
  /** The transfer, account, key or tenant it is about. */
  readonly subject: string;
  readonly schemaversion: number;
  readonly cluster: string;
  /** Absent for what concerns the whole shard. */
  readonly tenant?: string;
  readonly shard: string;
  /** Decimal, zero-padded to 16 digits so that it sorts as text (CloudEvents' `sequence` extension). */
  readonly sequence: string;
  readonly actor: string;
  /** The event id or request id that led to this one. */
  readonly cause?: string;
  readonly traceparent?: string;
  readonly prev: string;
  readonly data: unknown;
}

export const typeOf = (type: LedgerEventType): Envelope['type'] =>
  `${TYPE_PREFIX}${type}` as Envelope['type'];
export const eventId = (shard: number, seq: number): string => `${shard}-${seq}`;
export const sequenceText = (seq: number): string => seq.toString().padStart(16, '0');
