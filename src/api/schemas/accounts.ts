import {
  accountId,
  asset,
  decimal,
  metadata,
  metadataAnswer,
  nullableDecimal,
  time,
  transferId,
} from './common.js';

const status = {
  type: 'string',
  enum: ['open', 'frozen_debits', 'frozen_credits', 'frozen', 'closed'],
} as const;
const reviewDebits = {
  type: 'boolean',
  description: 'A mark for whoever watches what is debited; in the journal, and no limit by itself.',
} as const;
const limits = {
  min_balance: { ...nullableDecimal, description: 'What the account may not fall below; null: no limit.' },
  max_balance: { ...nullableDecimal, description: 'What the account may not exceed; null: no limit.' },
} as const;

export const newAccountSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['asset'],
  properties: {
    asset,
    ...limits,
    reference: {
      type: 'string',
      pattern: '^(?=.{1,255}$)[A-Za-z0-9_.@-]+(:[A-Za-z0-9_.@-]+)*$',
      description: 'Your name for it, of segments joined by colons; unique among your accounts.',
      examples: ['merchants:acme:settlement'],
    },
    metadata,
    placement_group: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description:
        'Accounts of one group live on one shard, so that transfers among them are one local commit.',
    },
  },
} as const;

export const newAccountBatchSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['accounts'],
  properties: { accounts: { type: 'array', minItems: 1, maxItems: 1_000, items: newAccountSchema } },
} as const;

export const accountChangeSchema = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    status: { ...status, description: 'An account is closed for good, at zero with nothing pending.' },
    review_debits: reviewDebits,
    ...limits,
    metadata: { ...metadata, description: 'Takes the place of all there was.' },
  },
} as const;

const held = {
  balance: { ...decimal, description: 'Posted credits less posted debits.' },
  available: { ...decimal, description: 'The balance less what is set aside.' },
  pending_debits: decimal,
  pending_credits: decimal,
} as const;
const version = { type: 'integer', description: 'Number of entries so far.' } as const;

export const accountSchema = {
  type: 'object',
  required: ['id', 'asset', 'status', 'balance', 'available'],
  properties: {
    id: accountId,
    asset,
    reference: { type: 'string' },
    status,
    review_debits: reviewDebits,
    ...held,
    min_balance: nullableDecimal,
    max_balance: nullableDecimal,
    metadata: metadataAnswer,
    version,
    bucket: { type: 'integer' },
    shard: { type: 'integer' },
    created_at: time,
  },
} as const;

export const accountChangeAnswerSchema = {
  type: 'object',
  required: ['account', 'operation', 'changed_at'],
  properties: {
    account: accountId,
    operation: { ...transferId, description: 'The change itself: subject of its event and of its key.' },
    status,
    review_debits: reviewDebits,
    min_balance: nullableDecimal,
    max_balance: nullableDecimal,
    metadata: metadataAnswer,
    changed_at: time,
  },
} as const;

export const balanceSchema = {
  type: 'object',
  required: ['account', 'asset', 'at', 'balance', 'available', 'version'],
  properties: { account: accountId, asset, at: time, ...held, version },
} as const;

export const entriesSchema = {
  type: 'object',
  required: ['data', 'next_cursor'],
  properties: {
    data: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          version: { type: 'integer', description: 'Goes up by one with each entry of the account.' },
          transfer: transferId,
          event: { type: 'string', description: 'Where the journal has it: shard-sequence.' },
          event_type: { type: 'string' },
          booked_at: time,
          balance_before: decimal,
          available_before: decimal,
          balance_after: decimal,
          available_after: decimal,
          pending_debits_after: decimal,
          pending_credits_after: decimal,
        },
      },
    },
    next_cursor: { type: ['string', 'null'], description: 'Give it back as ?cursor= for what comes after.' },
  },
} as const;
