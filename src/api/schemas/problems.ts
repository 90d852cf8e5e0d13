import { transferSchema } from './transfers.js';

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
    index: { type: 'integer', description: 'Of the part of the request that it is about, from 0.' },
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

/** Of a batch: an answer for each item, in order; `done` is what an item has that was carried out. */
export const batchSchema = <Name extends string>(name: Name, done: object) =>
  ({
    type: 'object',
    required: ['data'],
    properties: {
      data: {
        type: 'array',
        items: {
          type: 'object',
          required: ['status'],
          properties: {
            status: { type: 'integer', description: 'What the item alone would have been answered with.' },
            [name]: done,
            problem: problemSchema,
          },
        },
      },
    },
  }) as const;
