import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  customType,
  index,
  integer,
  numeric,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/**
 * A shard's books. Appends only, but for the head, the open intents and (rarely) an account's attributes.
 * No foreign keys: the kernel guarantees them and the audit checks them (docs/architecture.md).
 */
const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });
const seq = () => bigint('seq', { mode: 'number' }).notNull();
const at = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'string' }).notNull();
const units = (name: string) => numeric(name, { precision: 38, scale: 0 });

/** One row: where the shard's journal ends. Every commit swaps it (saldo_append). */
export const head = pgTable(
  'head',
  {
    one: boolean('one').primaryKey().default(true),
    seq: seq(),
    hash: bytea('hash').notNull(),
    time: at('time'),
    epoch: integer('epoch').notNull(),
    writerVersion: integer('writer_version').notNull(),
  },
  (t) => [check('head_one_row', sql`${t.one}`)],
);

/** One row: what the shard is. Written with its first event. */
export const identity = pgTable(
  'identity',
  {
    one: boolean('one').primaryKey().default(true),
    shard: integer('shard').notNull(),
    cluster: text('cluster').notNull(),
    /** JSON: inclusive ranges, `[[0,2047]]`. */
    buckets: text('buckets').notNull(),
  },
  (t) => [check('identity_one_row', sql`${t.one}`)],
);

/** The journal's text: what is hashed and published. */
export const events = pgTable('events', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  /** Null for what concerns the whole shard. */
  tenant: text('tenant'),
  body: text('body').notNull(),
});

export const tenants = pgTable('tenants', {
  id: text('id').primaryKey(),
  placement: text('placement', { enum: ['compact', 'spread'] }).notNull(),
  seq: seq(),
});

/** What an account is; what it holds is its last entry. */
export const accounts = pgTable(
  'accounts',
  {
    id: uuid('id').primaryKey(),
    tenant: text('tenant').notNull(),
    /** Null for an in-transit account, which belongs to the shard. */
    bucket: smallint('bucket'),
    kind: text('kind', { enum: ['account', 'in_transit'] }).notNull(),
    asset: text('asset').notNull(),
    status: text('status', {
      enum: ['open', 'frozen_debits', 'frozen_credits', 'frozen', 'closed'],
    }).notNull(),
    reviewDebits: boolean('review_debits').notNull().default(false),
    minBalance: units('min_balance'),
    maxBalance: units('max_balance'),
    metadata: text('metadata').notNull(),
    /** The tenant's own name for it; that it is unique is a claim's business. */
    reference: text('reference'),
    /** Only for in-transit accounts: the shard on the other side. */
    peer: integer('peer'),
    seq: seq(),
  },
  (t) => [check('accounts_finite', sql`${t.minBalance} <> 'NaN' and ${t.maxBalance} <> 'NaN'`)],
);

/** The four counters after each change of an account. (account, version) is unique: a stale copy raises. */
export const entries = pgTable(
  'entries',
  {
    account: uuid('account').notNull(),
    version: bigint('version', { mode: 'number' }).notNull(),
    seq: seq(),
    at: at('at'),
    /** Which of the event's entries it is, from 0. */
    ordinal: smallint('ordinal').notNull(),
    tenant: text('tenant').notNull(),
    debitsPosted: units('debits_posted').notNull(),
    creditsPosted: units('credits_posted').notNull(),
    debitsPending: units('debits_pending').notNull(),
    creditsPending: units('credits_pending').notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.account, t.version] }),
    index('entries_seq').using('brin', t.seq).with({ autosummarize: true, pages_per_range: 32 }),
    check(
      'entries_counters',
      sql`${t.debitsPosted} >= 0 and ${t.creditsPosted} >= 0 and ${t.debitsPending} >= 0 and ${t.creditsPending} >= 0
        and ${t.debitsPosted} <> 'NaN' and ${t.creditsPosted} <> 'NaN' and ${t.debitsPending} <> 'NaN' and ${t.creditsPending} <> 'NaN'`,
    ),
  ],
);

/**
 * Which event holds what became of an id: a transfer's or another operation's, step by step, and a key's claim. An id
 * without its prefix; where a claim and its effect are one event and share their bits they share the row.
 */
export const steps = pgTable(
  'steps',
  {
    id: uuid('id').notNull(),
    /** 0 a claim by itself; else see src/storage/wire.ts. */
    step: smallint('step').notNull(),
    tenant: text('tenant').notNull(),
    seq: seq(),
  },
  (t) => [
    primaryKey({ columns: [t.id, t.step] }),
    // For the audit, which reads rows in the order of the journal; costs next to nothing to keep.
    index('steps_seq').using('brin', t.seq).with({ autosummarize: true, pages_per_range: 32 }),
  ],
);

/** Events about an earlier transfer: captures and voids of a hold, reversals of what was posted. */
export const links = pgTable(
  'links',
  {
    parent: uuid('parent').notNull(),
    seq: seq(),
    tenant: text('tenant').notNull(),
  },
  (t) => [primaryKey({ columns: [t.parent, t.seq] })],
);

/** Holds that will expire unless they end before: found by their time. */
export const openHolds = pgTable(
  'open_holds',
  {
    transfer: uuid('transfer').primaryKey(),
    tenant: text('tenant').notNull(),
    expires: at('expires'),
  },
  (t) => [index('open_holds_expires').on(t.expires)],
);

/** Transfers that wait for a person's decision: what the pump keeps a workflow for. */
export const openReviews = pgTable(
  'open_reviews',
  {
    seq: bigint('seq', { mode: 'number' }).primaryKey(),
    transfer: uuid('transfer').notNull().unique(),
    tenant: text('tenant').notNull(),
    opened: at('opened'),
    /** Null: never. */
    deadline: timestamp('deadline', { withTimezone: true, precision: 3, mode: 'string' }),
    escalates: timestamp('escalates', { withTimezone: true, precision: 3, mode: 'string' }),
  },
  (t) => [
    index('open_reviews_tenant').on(t.tenant, t.opened, t.transfer),
    index('open_reviews_deadline').on(t.deadline),
  ],
);

/** How far each schedule is: its terms are in the event that made it, what became of it is linked to its id. */
export const schedules = pgTable(
  'schedules',
  {
    id: uuid('id').primaryKey(),
    tenant: text('tenant').notNull(),
    bucket: smallint('bucket').notNull(),
    once: boolean('once').notNull(),
    seq: seq(),
    /** Occurrences fired or skipped. */
    settled: integer('settled').notNull(),
    /** When the next one is due; null when nothing is still to come. */
    due: timestamp('due', { withTimezone: true, precision: 3, mode: 'string' }),
    canceled: boolean('canceled').notNull(),
  },
  (t) => [
    index('schedules_due').on(t.due).where(sql`${t.due} is not null`),
    index('schedules_tenant').on(t.tenant, t.id),
  ],
);
/** The keys that signed or sign the checkpoints, in the order they took over: the last one signs. */
export const signingKeys = pgTable('signing_keys', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  id: text('id').notNull(),
});

/** Which checkpoint covers an event: the first whose `last` is not before it. What it says is in its own event. */
export const checkpoints = pgTable('checkpoints', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  number: integer('number').notNull().unique(),
  first: bigint('first', { mode: 'number' }).notNull(),
  last: bigint('last', { mode: 'number' }).notNull().unique(),
  root: text('root').notNull(),
});

/** Transfers across shards whose coordinator has tried and not yet ended: what the pump carries on. */
export const openIntents = pgTable('open_intents', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  transfer: uuid('transfer').notNull().unique(),
  tenant: text('tenant').notNull(),
  /** The shards in the order of their steps, coordinator first, pivot last: `0>1`. */
  route: text('route').notNull(),
  deadline: at('deadline'),
});
