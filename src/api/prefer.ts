import { problem } from './problem.js';

const DEFAULT_WAIT_SECONDS = 10;
const MAX_WAIT_SECONDS = 60;

/** RFC 7240: how long the client would wait for a transfer's end, and what to say was applied. */
export function preferenceOf(header: string | readonly string[] | undefined): {
  waitMs: number;
  applied?: string;
} {
  if (header === undefined) return { waitMs: DEFAULT_WAIT_SECONDS * 1_000 };
  const preferences = String(header)
    .split(',')
    .map((part) => part.trim().toLowerCase());
  if (preferences.includes('respond-async')) return { waitMs: 0, applied: 'respond-async' };
  const wait = preferences.find((part) => part.startsWith('wait'));
  if (wait === undefined) return { waitMs: DEFAULT_WAIT_SECONDS * 1_000 };
  const [, seconds] = /^wait\s*=\s*"?([0-9]{1,9})"?$/.exec(wait) ?? [];
  if (seconds === undefined)
    throw problem('invalid_request', { field: 'prefer', detail: 'Prefer: wait=N takes seconds.' });
  const granted = Math.min(Number(seconds), MAX_WAIT_SECONDS);
  return { waitMs: granted * 1_000, applied: `wait=${granted}` };
}
