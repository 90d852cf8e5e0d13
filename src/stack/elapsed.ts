/** For example `2.1 s`; `since` is a reading of performance.now(). */
export function secondsSince(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1)} s`;
}
