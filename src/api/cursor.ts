import { problem } from './problem.js';

/** Opaque to clients: the version of the last entry they have seen. */
export const accountCursor = (version: number): string => Buffer.from(`v${version}`).toString('base64url');

export function versionOfCursor(cursor: string): number {
  const [, digits] = /^v([0-9]{1,15})$/.exec(Buffer.from(cursor, 'base64url').toString('latin1')) ?? [];
  if (digits === undefined)
    throw problem('invalid_request', { field: 'cursor', detail: 'This cursor is none of ours.' });
  return Number(digits);
}
