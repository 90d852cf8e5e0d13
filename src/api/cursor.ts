import { problem } from './problem.js';

export type Order = 'asc' | 'desc';

const LETTERS = { asc: 'v', desc: 'd' } as const satisfies Record<Order, string>;

/** Opaque to clients: the version of the last entry they have seen, and which way they were going. */
export const accountCursor = (version: number, order: Order): string =>
  Buffer.from(`${LETTERS[order]}${version}`).toString('base64url');

export function versionOfCursor(cursor: string, order: Order): number {
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const [, letter, digits] = /^([vd])([0-9]{1,15})$/.exec(text) ?? [];
  if (digits === undefined)
    throw problem('invalid_request', { field: 'cursor', detail: 'This cursor is none of ours.' });
  if (letter !== LETTERS[order])
    throw problem('invalid_request', { field: 'cursor', detail: 'This cursor is of the other order.' });
  return Number(digits);
}
