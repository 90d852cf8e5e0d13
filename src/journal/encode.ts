import type { Origin } from '../domain/command.js';
import type { LedgerEvent } from '../domain/event.js';
import { dataOf } from './encode-data.js';
import { movedText } from './encode-moved.js';
import { eventId, SCHEMA_VERSION, sequenceText, typeOf } from './envelope.js';

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
  const { actor, cause, traceparent } = origin;
  const data = movedText(event) ?? JSON.stringify(dataOf(event));
  // Put together by hand in the order of Envelope: what stands between plain quotes holds nothing to escape.
  return [
    `{"specversion":"1.0","id":"${eventId(at.shard, at.seq)}","source":"/${at.cluster}/shards/${at.shard}"`,
    `,"type":"${typeOf(event.type)}","time":"${at.time}","subject":"${subjectOf(event, at)}"`,
    `,"schemaversion":${SCHEMA_VERSION},"cluster":"${at.cluster}"`,
    'tenant' in event ? `,"tenant":"${event.tenant}"` : '',
    `,"shard":"${at.shard}","sequence":"${sequenceText(at.seq)}","actor":${JSON.stringify(actor)}`,
    cause === undefined ? '' : `,"cause":${JSON.stringify(cause)}`,
    traceparent === undefined ? '' : `,"traceparent":${JSON.stringify(traceparent)}`,
    `,"prev":"${at.prev}","data":${data}}`,
  ].join('');
}

function subjectOf(event: LedgerEvent, at: Position): string {
  switch (event.type) {
    case 'shard.opened':
    case 'writer_version.raised':
    case 'signing_key.added':
    case 'checkpoint.signed':
      return `shard:${at.shard}`;
    case 'tenant.created':
      return event.tenant;
    case 'account.opened':
    case 'account.changed':
    case 'account.change_rejected':
      return event.account;
    case 'key.claimed':
      return event.claim.subject;
    case 'schedule.created':
    case 'schedule.fired':
    case 'schedule.skipped':
    case 'schedule.canceled':
      return event.schedule;
    default:
      return event.transfer;
  }
}
