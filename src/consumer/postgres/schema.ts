import { bigint, bigserial, integer, pgSchema, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

/** What the kit keeps in the consumer's own database, apart from the consumer's tables. */
export const consumerSchema = pgSchema('saldo_consumer');

/** How far a group is in each shard: moved in the commit that holds what the events did. */
export const positions = consumerSchema.table(
  'positions',
  {
    group: text('group_name').notNull(),
    shard: integer('shard').notNull(),
    /** Goes up with each take-over: who has an older one commits nothing any more. */
    token: bigint('token', { mode: 'number' }).notNull(),
    /** The instance that works on the shard; null where the last one left it in good order. */
    heldBy: text('held_by'),
    /** Of the last event processed; null before the first. */
    seq: bigint('seq', { mode: 'number' }),
    /** Of that event's text: the next one's `prev`; empty if it was not read. */
    hash: text('hash').notNull(),
    /** Where Kafka has the next record; only a hint. */
    kafkaOffset: bigint('kafka_offset', { mode: 'number' }).notNull(),
    movedAt: timestamp('moved_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (t) => [primaryKey({ columns: [t.group, t.shard] })],
);

/** Events that could not be processed, put aside in the commit that moved the position past them. */
export const parked = consumerSchema.table('parked', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  group: text('group_name').notNull(),
  shard: integer('shard').notNull(),
  /** Null where the record is no event at all. */
  seq: bigint('seq', { mode: 'number' }),
  kafkaOffset: bigint('kafka_offset', { mode: 'number' }).notNull(),
  reason: text('reason').notNull(),
  /** As it was published; U+0000, which Postgres's text can not hold, as U+FFFD. */
  body: text('body').notNull(),
  parkedAt: timestamp('parked_at', { withTimezone: true }).notNull().defaultNow(),
});
