/** `saldo/consumer`: the kit for readers of the journal (docs/consumer.md). */

export type { LedgerEvent, LedgerEventType } from '../domain/event.js';
export { UnknownEventError } from '../journal/decode.js';
export { JournalFaultError, JournalGapError } from '../journal/journal-cursor.js';
export {
  EventNotProcessedError,
  PoisonEventError,
  ShardTakenOverError,
} from './errors.js';
export { JournalConsumer, type ShardStatus } from './journal-consumer.js';
export { type JournalEvent, type PoisonRecord, type Position, toJournalEvent } from './journal-event.js';
export type { Outgoing } from './kafka/outgoing.js';
export { type AtLeastOnceOptions, atLeastOnce, type ToKafkaOptions, toKafka } from './kafka/to-kafka.js';
export { parkedTopic, positionsTopic } from './names.js';
export type { ConsumerFault, JournalConsumerOptions } from './options.js';
export { type InPostgresOptions, inPostgres } from './postgres/in-postgres.js';
export { migrateConsumer } from './postgres/migrate.js';
export type { Processing, ProcessingContext, ShardSession } from './processing.js';
export { type ReadJournalOptions, readJournal } from './read-journal.js';
export type { ShardState } from './shard-runner.js';
export type { StartAt } from './start-position.js';
