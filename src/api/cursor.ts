import { isScheduleId, type ScheduleId } from '../domain/ids.js';
import { type ProblemError, problem } from './problem.js';

export type Order = 'asc' | 'desc';

const LETTERS = { asc: 'v', desc: 'd' } as const satisfies Record<Order, string>;

/** Opaque to clients: the version of the last entry they have seen, and which way they were going. */
export const accountCursor = (version: number, order: Order): string =>
  Buffer.from(`${LETTERS[order]}${version}`).toString('base64url');

export function versionOfCursor(cursor: string, order: Order): number {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, letter, digits] = /^([vd])([0-9]{1,15})$/.exec(text) ?? [];
  if (digits === undefined) throw noneOfOurs();
  if (letter !== LETTERS[order])
    throw problem('invalid_request', { field: 'cursor', detail: 'This cursor is of the other order.' });
  return Number(digits);
}

/** The last schedule that was seen; they come in the order of their ids. */
export const scheduleCursor = (id: ScheduleId): string => Buffer.from(id).toString('base64url');

export function scheduleOfCursor(cursor: string): ScheduleId {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!isScheduleId(text)) throw noneOfOurs();
  return text;
}

/** Where the journal has the last occurrence that was seen. */
export const occurrenceCursor = (seq: number): string => Buffer.from(`o${seq}`).toString('base64url');

export function occurrenceOfCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, digits] = /^o([0-9]{1,15})$/.exec(text) ?? [];
  if (digits === undefined) throw noneOfOurs();
  return Number(digits);
}

const noneOfOurs = (): ProblemError =>
  problem('invalid_request', { field: 'cursor', detail: 'This cursor is none of ours.' });
