/** The journal in Kafka is not the shard's: a person has to look. */
export class JournalDivergedError extends Error {
  override readonly name = 'JournalDivergedError';
}
