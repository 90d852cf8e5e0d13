/** JSON Schemas of the API's bodies; OpenAPI is made from these (draft 2020-12, as OpenAPI 3.1 has it). */
const decimal = {
  type: 'string',
  pattern: '^-?[0-9]+(\\.[0-9]+)?$',
  maxLength: 60,
  description: 'A decimal string, never a number: "12.34".',
  examples: ['12.34'],
} as const;
const nullableDecimal = { ...decimal, type: ['string', 'null'] } as const;
const asset = {
  type: 'string',
  maxLength: 20,
  description: 'An ISO 4217 code, or CODE/SCALE for an asset of your own.',
  examples: ['EUR', 'POINTS/3'],
} as const;
const accountId = {
  type: 'string',
  pattern: '^acc_[0-9a-f]{32}$',
  examples: [`acc_${'0'.repeat(32)}`],
} as const;
const transferId = {
  type: 'string',
  pattern: '^tr_[0-9a-f]{32}$',
  examples: [`tr_${'0'.repeat(32)}`],
} as const;
const time = { type: 'string', format: 'date-time' } as const;

const leg = {
  type: 'object',
  additionalProperties: false,
  required: ['debit', 'credit', 'amount', 'asset'],
  properties: { debit: accountId, credit: accountId, amount: decimal, asset },
} as const;

export const newAccountSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['asset'],
  properties: {
    asset,
    min_balance: {
      ...nullableDecimal,
      description: 'What the account may not fall below; default "0", null: no limit.',
    },
    max_balance: {
      ...nullableDecimal,
      description: 'What the account may not exceed; default null: no limit.',
    },
    metadata: {
      type: 'object',
      maxProperties: 50,
      propertyNames: { type: 'string', minLength: 1, maxLength: 64 },
      additionalProperties: { type: 'string', maxLength: 4_096 },
      description: 'Your own strings, 16 KiB in all.',
    },
    placement_group: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description:
        'Accounts of one group live on one shard, so that transfers among them are one local commit.',
    },
  },
} as const;

export const accountSchema = {
  type: 'object',
  required: ['id', 'asset', 'status', 'balance', 'available'],
  properties: {
    id: accountId,
    asset,
    status: { type: 'string', enum: ['open', 'frozen_debits', 'frozen_credits', 'frozen', 'closed'] },
    balance: { ...decimal, description: 'Posted credits less posted debits.' },
    available: { ...decimal, description: 'The balance less what is set aside.' },
    pending_debits: decimal,
    pending_credits: decimal,
    min_balance: nullableDecimal,
    max_balance: nullableDecimal,
    metadata: { type: 'object', additionalProperties: { type: 'string' } },
    version: { type: 'integer', description: 'Number of entries so far.' },
    bucket: { type: 'integer' },
    shard: { type: 'integer' },
    created_at: time,
  },
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
          balance_after: decimal,
          available_before: decimal,
          available_after: decimal,
          pending_debits_after: decimal,
          pending_credits_after: decimal,
        },
      },
    },
    next_cursor: { type: ['string', 'null'], description: 'Give it back as ?cursor= for what comes after.' },
  },
} as const;

/** Two forms; which one a body was meant to have shows by its `legs` (invalid-request.ts counts on this order). */
export const newTransferSchema = {
  description: 'One leg as {debit, credit, amount, asset}, or several as {legs: […]}.',
  oneOf: [
    leg,
    {
      type: 'object',
      additionalProperties: false,
      required: ['legs'],
      properties: { legs: { type: 'array', minItems: 1, maxItems: 100, items: leg } },
    },
  ],
  examples: [
    { debit: `acc_${'0'.repeat(32)}`, credit: `acc_${'1'.repeat(32)}`, amount: '12.34', asset: 'EUR' },
  ],
} as const;

export const transferSchema = {
  type: 'object',
  required: ['id', 'status', 'legs', 'created_at'],
  properties: {
    id: transferId,
    status: { type: 'string', enum: ['processing', 'posted', 'rejected', 'canceled'] },
    legs: { type: 'array', items: leg },
    created_at: time,
    ended_at: time,
    rejection: { type: 'object', additionalProperties: true },
    reason: { type: 'string', description: 'Why it was canceled: rejected, deadline or operator.' },
    shards: { type: 'array', items: { type: 'integer' } },
  },
} as const;

export const problemSchema = {
  type: 'object',
  description: 'RFC 9457 problem details.',
  required: ['type', 'title', 'status', 'code'],
  additionalProperties: true,
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string', description: 'Stable, for programs.' },
    detail: { type: 'string' },
    instance: { type: 'string', description: 'The request id.' },
    field: { type: 'string' },
    transfer: transferSchema,
  },
} as const;

/** The problems any operation may answer with. */
export const problemAnswers = {
  '4xx': {
    description: 'A definite refusal.',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
  '5xx': {
    description: 'Not known whether it was done: repeat it with the same key.',
    content: { 'application/problem+json': { schema: problemSchema } },
  },
} as const;
