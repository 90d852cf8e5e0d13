import { isIdempotencyKey } from '../../domain/ids.js';
import { problem } from '../problem.js';

type Header = string | readonly string[] | undefined;

/** The key of a header, or of nothing where that is allowed. */
export function idempotencyKeyIn(header: Header): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header !== 'string' || !isIdempotencyKey(header)) throw problem('idempotency_key_invalid');
  return header;
}

export function requiredKeyIn(header: Header): string {
  const key = idempotencyKeyIn(header);
  if (key === undefined) throw problem('idempotency_key_missing');
  return key;
}
