/** What a broker says that does not lead a partition: not yet, not any more, or it has not heard of the topic. */
const LEADERLESS = new Set([
  'UNKNOWN_TOPIC_OR_PARTITION',
  'LEADER_NOT_AVAILABLE',
  'NOT_LEADER_FOR_PARTITION',
]);

/** Whether asking again, of whoever leads by then, may be answered. */
export const isLeaderless = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && LEADERLESS.has(String(error.type));
