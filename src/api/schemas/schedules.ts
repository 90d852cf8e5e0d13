import { MISSED } from '../../domain/schedule.js';
import { scheduleId, time, transferId } from './common.js';
import { recurringTransferSchema, transferStatus } from './transfers.js';

const rrule = {
  type: 'string',
  minLength: 1,
  maxLength: 500,
  description: "RFC 5545's RRULE without its name; a minute apart at the least.",
  examples: ['FREQ=MONTHLY;BYMONTHDAY=-1'],
} as const;
const timeZone = {
  type: 'string',
  maxLength: 64,
  description: 'A name of the IANA database: the rule is of the clock on the wall there.',
  examples: ['Europe/Prague'],
} as const;
const missed = {
  type: 'string',
  enum: [...MISSED],
  description:
    'What becomes of occurrences that are more than a minute late: made up for (fire, if left out), or passed over (skip).',
};

export const newScheduleSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rrule', 'time_zone', 'starts_at', 'transfer'],
  properties: {
    rrule,
    time_zone: timeZone,
    starts_at: {
      ...time,
      description:
        "DTSTART: gives the time of day, and nothing comes before it. It must be ahead, or the rule's first occurrence must.",
    },
    missed,
    transfer: recurringTransferSchema,
  },
  examples: [
    {
      rrule: 'FREQ=MONTHLY;BYMONTHDAY=-1',
      time_zone: 'Europe/Prague',
      starts_at: '2040-01-31T08:00:00Z',
      transfer: {
        debit: `acc_${'0'.repeat(32)}`,
        credit: `acc_${'1'.repeat(32)}`,
        amount: '12.34',
        asset: 'EUR',
      },
    },
  ],
} as const;

export const scheduleStatus = { type: 'string', enum: ['active', 'ended', 'canceled'] } as const;
const count = { type: 'integer', minimum: 0 } as const;

/** The request's terms, whichever form they had. */
const terms = { type: 'object', required: ['legs'], additionalProperties: true } as const;

export const scheduleSchema = {
  type: 'object',
  required: ['id', 'status', 'transfer', 'settled', 'created_at'],
  properties: {
    id: scheduleId,
    status: scheduleStatus,
    rrule: { ...rrule, description: 'Absent of a transfer that was asked for in advance, once.' },
    time_zone: timeZone,
    starts_at: time,
    missed,
    transfer: { ...terms, description: 'What each occurrence does.' },
    settled: { ...count, description: 'How many occurrences were fired or skipped.' },
    next: {
      type: 'object',
      description: 'Absent when nothing is still to come.',
      required: ['number', 'due', 'transfer'],
      properties: {
        number: { ...count, minimum: 1 },
        due: time,
        transfer: { ...transferId, description: 'The transfer that it will make.' },
      },
    },
    created_at: time,
    canceled_at: time,
  },
} as const;

const occurrence = {
  type: 'object',
  description: 'One that was fired, with its transfer as it is now; or some that were skipped.',
  required: ['due'],
  properties: {
    number: { ...count, minimum: 1 },
    first: { ...count, minimum: 1 },
    last: { ...count, minimum: 1 },
    due: time,
    fired_at: time,
    skipped_at: time,
    transfer: transferId,
    status: transferStatus,
    rejection: { type: 'object', additionalProperties: true },
  },
} as const;

export const wholeScheduleSchema = {
  ...scheduleSchema,
  required: [...scheduleSchema.required, 'upcoming', 'occurrences'],
  properties: {
    ...scheduleSchema.properties,
    upcoming: { type: 'array', items: time, description: 'The next due times, at most five.' },
    occurrences: { type: 'array', items: occurrence, description: 'The latest twenty, the latest first.' },
  },
} as const;

const pageOf = <Item extends object>(items: Item) =>
  ({
    type: 'object',
    required: ['data', 'next_cursor'],
    properties: {
      data: { type: 'array', items },
      next_cursor: {
        type: ['string', 'null'],
        description: 'Give it back as ?cursor= for what comes after.',
      },
    },
  }) as const;
export const schedulesSchema = pageOf(scheduleSchema);
export const occurrencesSchema = pageOf(occurrence);

const page = {
  cursor: { type: 'string', maxLength: 64, description: 'The next_cursor of the page before.' },
  limit: { type: 'string', pattern: '^[0-9]{1,4}$', description: '1 to 1000, 100 if not given.' },
} as const;
export const schedulesQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: { status: scheduleStatus, ...page },
} as const;
export const occurrencesQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: page,
} as const;
