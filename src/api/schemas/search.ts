import { accountId, asset, decimal, metadataAnswer, time, transferId } from './common.js';

const cursor = {
  type: 'string',
  maxLength: 256,
  description: 'The next_cursor of the page before.',
} as const;
const limit = {
  type: 'string',
  pattern: '^[0-9]{1,4}$',
  description: '1 to 1000, 100 if not given.',
} as const;
const kind = { type: 'string', enum: ['transfer', 'hold', 'capture', 'reversal'] } as const;
const status = {
  type: 'string',
  enum: ['scheduled', 'review', 'processing', 'held', 'posted', 'rejected', 'canceled', 'expired'],
} as const;
const from = { ...time, description: 'Then or later.' } as const;
const to = { ...time, description: 'Then or earlier.' } as const;

export const transfersQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    reference: { type: 'string', maxLength: 255 },
    account: { ...accountId, description: 'On either side of a leg.' },
    status,
    kind,
    created_from: from,
    created_to: to,
    effective_from: from,
    effective_to: to,
    metadata: {
      type: 'object',
      style: 'deepObject',
      explode: true,
      maxProperties: 10,
      additionalProperties: { type: 'string' },
      description: 'metadata[name]=value: each name has that value.',
    },
    cursor,
    limit,
  },
} as const;

export const sumsQuerySchema = {
  type: 'object',
  additionalProperties: false,
  required: ['reference_prefix'],
  properties: {
    reference_prefix: {
      type: 'string',
      maxLength: 255,
      description: 'What the references begin with, as it is; empty: every account that has one.',
      examples: ['merchants:acme:'],
    },
    asset,
    cursor,
    limit,
  },
} as const;

const asOf = {
  type: 'array',
  description: 'Up to which event of each shard the answer knows.',
  items: {
    type: 'object',
    required: ['shard', 'sequence'],
    properties: {
      shard: { type: 'integer' },
      sequence: { type: 'integer' },
      booked_at: time,
      behind: { type: 'integer', description: 'Events of the shard that are not in it yet.' },
    },
  },
} as const;
const nextCursor = {
  type: ['string', 'null'],
  description: 'Give it back as ?cursor= for what comes after.',
} as const;
const pageOf = <Item extends object>(items: Item) =>
  ({
    type: 'object',
    required: ['data', 'next_cursor', 'as_of'],
    properties: { data: { type: 'array', items }, next_cursor: nextCursor, as_of: asOf },
  }) as const;

export const foundSchema = pageOf({
  type: 'object',
  required: ['id', 'kind', 'status', 'legs', 'created_at'],
  properties: {
    id: transferId,
    kind,
    status,
    of: { ...transferId, description: 'The hold that it captures, or the transfer that it reverses.' },
    legs: {
      type: 'array',
      items: {
        type: 'object',
        properties: { debit: accountId, credit: accountId, amount: decimal, asset },
      },
    },
    reference: { type: 'string' },
    metadata: metadataAnswer,
    created_at: time,
    ended_at: time,
    effective_at: { ...time, description: 'As the caller said, else when it was posted.' },
  },
} as const);

const sums = { balance: decimal, debits: decimal, credits: decimal } as const;

export const sumsSchema = pageOf({
  type: 'object',
  required: ['asset', 'accounts', 'balance'],
  properties: {
    asset,
    accounts: { type: 'integer' },
    ...sums,
    pending_debits: decimal,
    pending_credits: decimal,
  },
} as const);

export const effectiveBalanceSchema = {
  type: 'object',
  required: ['account', 'asset', 'effective_at', 'balance', 'as_of'],
  properties: { account: accountId, asset, effective_at: time, ...sums, as_of: asOf },
} as const;
