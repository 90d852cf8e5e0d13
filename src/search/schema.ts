import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * The read model: what the journal says, arranged for search and sums (docs/search.md). Everything in it can be thrown
 * away and fed again. The tenant leads every key, because every statement that reads for a tenant names it.
 */
const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'string' });
const units = (name: string) => numeric(name, { precision: 38, scale: 0 });

/** How far each shard's journal is in: moved in the commit that holds what the events did. */
export const positions = pgTable('positions', {
  shard: integer('shard').primaryKey(),
  seq: bigint('seq', { mode: 'number' }).notNull(),
  /** Of the last event's text: the next one's `prev`. */
  hash: text('hash').notNull(),
  /** When the last event was booked. */
  time: at('time'),
  /** Where Kafka has the next record; only a hint, since a log that lost its end is published again. */
  kafkaOffset: bigint('kafka_offset', { mode: 'number' }).notNull(),
});

/** One row a transfer, hold, capture or reversal; written by the events of its coordinator's shard alone. */
export const transfers = pgTable(
  'transfers',
  {
    tenant: text('tenant').notNull(),
    id: uuid('id').notNull(),
    kind: text('kind', { enum: ['transfer', 'hold', 'capture', 'reversal'] }).notNull(),
    status: text('status', {
      enum: ['scheduled', 'review', 'processing', 'held', 'posted', 'rejected', 'canceled', 'expired'],
    }).notNull(),
    createdAt: at('created_at').notNull(),
    endedAt: at('ended_at'),
    /** As the caller said, else when it was posted; null while neither is so. */
    effectiveAt: at('effective_at'),
    reference: text('reference'),
    metadata: jsonb('metadata'),
    /** The hold that it captures, or the transfer that it reverses. */
    parent: uuid('parent'),
    /** JSON: `[[debit, credit, amount, asset]]`, accounts as uuids, amounts in minor units. Never searched in. */
    legs: text('legs').notNull(),
    /** JSON, of a hold: `{parts: [[remaining, capturing, captured]], closedAs, releases}`, the parts by leg. */
    hold: text('hold'),
  },
  (t) => [
    primaryKey({ columns: [t.tenant, t.id] }),
    index('transfers_created').on(t.tenant, t.createdAt, t.id),
    index('transfers_effective').on(t.tenant, t.effectiveAt),
    // Nearly all are posted transfers: whoever looks for those reads by time and meets little else.
    index('transfers_status').on(t.tenant, t.status, t.createdAt, t.id).where(sql`${t.status} <> 'posted'`),
    index('transfers_kind').on(t.tenant, t.kind, t.createdAt, t.id).where(sql`${t.kind} <> 'transfer'`),
  ],
);

/** What a transfer is found by, in the order of a page: an account, or the digest of a reference or of a name and value. */
export const tags = pgTable(
  'tags',
  {
    tenant: text('tenant').notNull(),
    tag: uuid('tag').notNull(),
    createdAt: at('created_at').notNull(),
    transfer: uuid('transfer').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.tag, t.createdAt, t.transfer] })],
);

/** In-transit accounts are not here. */
export const accounts = pgTable(
  'accounts',
  {
    tenant: text('tenant').notNull(),
    id: uuid('id').notNull(),
    reference: text('reference'),
    asset: text('asset').notNull(),
    status: text('status', {
      enum: ['open', 'frozen_debits', 'frozen_credits', 'frozen', 'closed'],
    }).notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    debitsPosted: units('debits_posted').notNull(),
    creditsPosted: units('credits_posted').notNull(),
    debitsPending: units('debits_pending').notNull(),
    creditsPending: units('credits_pending').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenant, t.id] }),
    index('accounts_reference')
      .on(t.tenant, t.reference.op('text_pattern_ops'))
      .where(sql`${t.reference} is not null`),
  ],
);

/** What each entry posted, by when it counts; entries that only set aside or release are not here. */
export const entries = pgTable(
  'entries',
  {
    tenant: text('tenant').notNull(),
    account: uuid('account').notNull(),
    effectiveAt: at('effective_at').notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    debits: units('debits').notNull(),
    credits: units('credits').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.account, t.effectiveAt, t.version] })],
);

/** The same by day (UTC), so that a balance as of a time reads one day's entries only. */
export const daySums = pgTable(
  'day_sums',
  {
    tenant: text('tenant').notNull(),
    account: uuid('account').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    debits: units('debits').notNull(),
    credits: units('credits').notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenant, t.account, t.day] })],
);

/** A shard's part in a transfer across shards, from its try to its end: what its end does not repeat. */
export const openParts = pgTable(
  'open_parts',
  {
    shard: integer('shard').notNull(),
    transfer: uuid('transfer').notNull(),
    tenant: text('tenant').notNull(),
    coordinates: boolean('coordinates').notNull(),
    effectiveAt: at('effective_at'),
    /** Accounts of its entries that are nobody's. */
    inTransit: uuid('in_transit').array().notNull(),
  },
  (t) => [primaryKey({ columns: [t.shard, t.transfer] })],
);
