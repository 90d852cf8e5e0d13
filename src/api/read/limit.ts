import { problem } from '../problem.js';

/** How many items a page may have. @throws ProblemError naming `limit` */
export function limitIn(text: string): number {
  const limit = Number(text);
  if (limit >= 1 && limit <= 1_000) return limit;
  throw problem('invalid_request', { field: 'limit', detail: 'limit is 1 to 1000.' });
}
