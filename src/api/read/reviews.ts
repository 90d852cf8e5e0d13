import { isTransferId, type TransferId } from '../../domain/ids.js';
import type { NewDecision } from '../../intake/requests.js';
import type { Caller } from '../ports.js';
import { problem } from '../problem.js';
import { textIn } from './texts.js';

export interface DecisionBody {
  readonly note?: string;
}

export const decisionRequest = (
  { tenant }: Caller,
  key: string,
  review: TransferId,
  decision: NewDecision['decision'],
  { note }: DecisionBody,
): NewDecision => ({
  tenant,
  key,
  review,
  decision,
  ...(note === undefined ? {} : { note: textIn(note, 'note') }),
});

interface Seen {
  readonly opened: string;
  readonly transfer: TransferId;
}

/** Opaque to clients: the last of the page before. */
export const reviewCursor = ({ opened, transfer }: Seen): string =>
  Buffer.from(`r${Date.parse(opened)}/${transfer}`).toString('base64url');

export function reviewOfCursor(cursor: string): Seen {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, ms = '', id = ''] = /^r([0-9]{1,15})\/(tr_[0-9a-f]{32})$/.exec(text) ?? [];
  if (!isTransferId(id))
    throw problem('invalid_request', { field: 'cursor', detail: 'This cursor is none of ours.' });
  return { opened: new Date(Number(ms)).toISOString(), transfer: id };
}
