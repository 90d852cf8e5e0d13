const DEFAULT_WAIT_SECONDS = 10;
const MAX_WAIT_SECONDS = 60;

/**
 * RFC 7240: how long the client would wait for a transfer's end, and what to say was applied. `respond-async, wait=5`
 * waits five seconds before it answers without an end. What is not understood is ignored, as the RFC asks.
 */
export function preferenceOf(header: string | readonly string[] | undefined): {
  waitMs: number;
  applied?: string;
} {
  const preferences = String(header ?? '')
    .split(',')
    .map((part) => part.trim().toLowerCase());
  for (const preference of preferences) {
    const [, seconds] = /^wait\s*=\s*"?([0-9]{1,9})"?$/.exec(preference) ?? [];
    if (seconds === undefined) continue;
    const granted = Math.min(Number(seconds), MAX_WAIT_SECONDS);
    return { waitMs: granted * 1_000, applied: `wait=${granted}` };
  }
  if (preferences.includes('respond-async')) return { waitMs: 0, applied: 'respond-async' };
  return { waitMs: DEFAULT_WAIT_SECONDS * 1_000 };
}
