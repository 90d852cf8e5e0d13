import { boolean, integer, pgTable, smallint, text, timestamp } from 'drizzle-orm/pg-core';

/** The control database: small, cached by every node, never on the hot path. */

/** One row: the cluster's name, which is in every event and prefixes its topics, and the shape it was made with. */
export const cluster = pgTable('cluster', {
  one: boolean('one').primaryKey().default(true),
  name: text('name').notNull(),
  shards: integer('shards').notNull(),
});

export const buckets = pgTable('buckets', {
  bucket: smallint('bucket').primaryKey(),
  shard: integer('shard').notNull(),
  /** Goes up each time the bucket moves. */
  epoch: integer('epoch').notNull(),
});

export const tenants = pgTable('tenants', {
  id: text('id').primaryKey(),
  /** How accounts and keys are placed; an event on the tenant's home shard, never changed. */
  placement: text('placement', { enum: ['compact', 'spread'] }).notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

export const apiKeys = pgTable('api_keys', {
  id: text('id').primaryKey(),
  tenant: text('tenant').notNull(),
  /** SHA-256 of the secret, hex. */
  secretHash: text('secret_hash').notNull().unique(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
});

/** The epoch each shard was told; posting refuses a shard whose head says another. */
export const shards = pgTable('shards', {
  shard: integer('shard').primaryKey(),
  epoch: integer('epoch').notNull(),
});
