import { ROUNDINGS } from '../../domain/transfer.js';
import {
  accountId,
  asset,
  decimal,
  metadata,
  metadataAnswer,
  scheduleId,
  time,
  transferId,
} from './common.js';

const leg = {
  type: 'object',
  additionalProperties: false,
  required: ['debit', 'credit', 'amount', 'asset'],
  properties: { debit: accountId, credit: accountId, amount: decimal, asset },
} as const;
const legIndex = {
  type: 'integer',
  minimum: 0,
  maximum: 99,
  description: 'Index of a leg, from 0.',
} as const;
const rate = { type: 'string', maxLength: 40, examples: ['25.415'] } as const;
export const rounding = { type: 'string', enum: [...ROUNDINGS] };

const fx = {
  type: 'array',
  minItems: 1,
  maxItems: 100,
  description: "One leg's amount is another's at a rate; checked to the minor unit and kept.",
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['sell_leg', 'buy_leg', 'rate', 'rounding'],
    properties: { sell_leg: legIndex, buy_leg: legIndex, rate, rounding },
  },
} as const;

const details = {
  reference: { type: 'string', minLength: 1, maxLength: 255, description: 'Your name for it; any text.' },
  metadata,
  effective_at: { ...time, description: 'When it counts, where that is not when it is booked.' },
} as const;

const terms = {
  ...details,
  up_to: { type: 'boolean', description: 'Move what is available, at most the amount; one leg.' },
  hold: { type: 'boolean', description: 'Set the debits aside, to be captured or voided.' },
  review: { type: 'boolean', description: 'Set it aside until somebody approves or declines it.' },
  expires_at: { ...time, description: 'When a hold frees what was not captured.' },
} as const;

/** Two forms; which one a body was meant to have shows by its `legs` (invalid-request.ts counts on this order). */
const forms = (all: Readonly<Record<string, object>>) => ({
  description: 'One leg as {debit, credit, amount, asset}, or several as {legs: […]}.',
  oneOf: [
    { ...leg, properties: { ...leg.properties, ...all } },
    {
      type: 'object',
      additionalProperties: false,
      required: ['legs'],
      properties: {
        legs: { type: 'array', minItems: 1, maxItems: 100, items: leg },
        fx,
        ...all,
      },
    },
  ],
});

export const newTransferSchema = {
  ...forms({
    ...terms,
    scheduled_at: {
      ...time,
      description: 'Ask for it in advance: it is carried out then, once. Not in a dry run.',
    },
    dry_run: { type: 'boolean', description: 'Say what would become of it; write nothing.' },
  }),
  examples: [
    { debit: `acc_${'0'.repeat(32)}`, credit: `acc_${'1'.repeat(32)}`, amount: '12.34', asset: 'EUR' },
  ],
} as const;

export const newTransferBatchSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['transfers'],
  properties: {
    transfers: { type: 'array', minItems: 1, maxItems: 1_000, items: forms(terms) },
    linked: { type: 'boolean', description: 'All or none, in order; all on one shard.' },
  },
} as const;

/** What is fixed in time has no place in what happens again and again. */
const { effective_at: _effective, expires_at: _expires, ...lasting } = terms;
export const recurringTransferSchema = forms(lasting);

const parts = {
  type: 'array',
  minItems: 1,
  maxItems: 100,
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['leg', 'amount'],
    properties: { leg: legIndex, amount: decimal },
  },
} as const;

export const newCaptureSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    legs: { ...parts, description: 'What to capture, by leg of the hold; left out: all that remains.' },
    final: { type: 'boolean', description: 'Free the rest. True if legs are left out, else false.' },
    ...details,
  },
} as const;

export const decisionSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    note: {
      type: 'string',
      minLength: 1,
      maxLength: 1_000,
      description: 'Why; kept in the journal with the decision.',
    },
  },
} as const;

export const newReversalSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    legs: { ...parts, description: 'What to move back, by leg; left out: all that was not moved back yet.' },
    ...details,
  },
} as const;

const occurrenceOf = {
  type: 'object',
  required: ['schedule', 'number'],
  properties: { schedule: scheduleId, number: { type: 'integer', minimum: 1 } },
} as const;

export const transferStatus = {
  type: 'string',
  enum: ['scheduled', 'review', 'processing', 'held', 'posted', 'rejected', 'canceled', 'expired'],
} as const;

const shown = {
  kind: { type: 'string', enum: ['transfer', 'hold', 'capture', 'reversal'] },
  status: transferStatus,
  of: { ...transferId, description: 'The hold that it captures, or the transfer that it reverses.' },
  legs: { type: 'array', items: leg },
  up_to: { ...decimal, description: 'What was asked for at most; the leg has what was moved.' },
  reference: { type: 'string' },
  metadata: metadataAnswer,
  effective_at: time,
  fx: { ...fx, minItems: 0 },
  expires_at: time,
  review: {
    type: 'object',
    description: 'Of one that waits for a person, or did.',
    required: ['reason'],
    properties: {
      reason: { type: 'string', enum: ['account', 'amount', 'requested'] },
      account: accountId,
      deadline: { ...time, description: 'Undecided after this, it is rejected.' },
      escalate_at: time,
      decision: { type: 'string', enum: ['approved', 'declined', 'expired'] },
      decided_at: time,
      note: { type: 'string', description: 'Why, in the words of whoever decided.' },
    },
  },
  rejection: { type: 'object', additionalProperties: true },
  scheduled_at: { ...time, description: 'Of one that was asked for in advance.' },
  occurrence: { ...occurrenceOf, description: 'Of which schedule, and which of its occurrences, from 1.' },
  shards: { type: 'array', items: { type: 'integer' } },
} as const;

const ids = { type: 'array', items: transferId } as const;

export const transferSchema = {
  type: 'object',
  required: ['id', 'kind', 'status', 'legs', 'created_at'],
  properties: {
    id: transferId,
    ...shown,
    created_at: time,
    ended_at: time,
    hold: {
      type: 'array',
      description: 'Of a hold, by leg.',
      items: {
        type: 'object',
        required: ['leg', 'remaining', 'captured'],
        properties: {
          leg: legIndex,
          remaining: decimal,
          capturing: {
            ...decimal,
            description: 'Set aside by captures that have not ended; absent where there are none.',
          },
          captured: decimal,
        },
      },
    },
    captures: ids,
    reversals: ids,
    reversed: {
      ...parts,
      minItems: 0,
      description: 'How much of each leg was moved back; absent while nothing was.',
    },
    reversing: {
      ...parts,
      minItems: 0,
      description: 'What reversals that have not ended would move back; absent while there are none.',
    },
    reason: { type: 'string', description: 'Why it was canceled: rejected, deadline or operator.' },
  },
} as const;

export const dryRunSchema = {
  type: 'object',
  required: ['dry_run', 'kind', 'status', 'legs'],
  properties: { dry_run: { type: 'boolean' }, ...shown },
} as const;

export const reviewsSchema = {
  type: 'object',
  required: ['data', 'next_cursor'],
  properties: {
    data: {
      type: 'array',
      items: {
        type: 'object',
        required: ['transfer', 'escalated'],
        properties: {
          transfer: transferSchema,
          escalated: { type: 'boolean', description: 'It waits for longer than it should.' },
        },
      },
    },
    next_cursor: { type: ['string', 'null'] },
  },
} as const;
