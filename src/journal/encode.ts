import type { Origin } from '../domain/command.js';
import type { LedgerEvent } from '../domain/event.js';
import { dataOf } from './encode-data.js';
import { type Envelope, eventId, SCHEMA_VERSION, sequenceText, typeOf } from './envelope.js';

/** Where an event stands in its shard's journal. */
export interface Position {
  readonly cluster: string;
  readonly shard: number;
  readonly seq: number;
  readonly time: string;
  /** Hash of the event before, lower-case hex. */
  readonly prev: string;
}

/** The event's one true text: what is stored, hashed and published. Has no line breaks. */
export function encodeEvent(event: LedgerEvent, origin: Origin, at: Position): string {
  // What is undefined is left out of the text.
  const envelope = {
    specversion: '1.0',
    id: eventId(at.shard, at.seq),
    source: `/${at.cluster}/shards/${at.shard}`,
    type: typeOf(event.type),
    time: at.time,
    subject: subjectOf(event, at),
    schemaversion: SCHEMA_VERSION,
    cluster: at.cluster,
    tenant: 'tenant' in event ? event.tenant : undefined,
    shard: at.shard.toString(),
    sequence: sequenceText(at.seq),
    actor: origin.actor,
    cause: origin.cause,
    traceparent: origin.traceparent,
    prev: at.prev,
    data: dataOf(event),
  } satisfies { readonly [Name in keyof Envelope]: Envelope[Name] | undefined };
  return JSON.stringify(envelope);
}

function subjectOf(event: LedgerEvent, at: Position): string {
  switch (event.type) {
    case 'shard.opened':
    case 'writer_version.raised':
      return `shard:${at.shard}`;
    case 'tenant.created':
      return event.tenant;
    case 'account.opened':
    case 'account.changed':
    case 'account.change_rejected':
      return event.account;
    case 'key.claimed':
      return event.claim.subject;
    default:
      return event.transfer;
  }
}
