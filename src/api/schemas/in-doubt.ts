import { asset, decimal, time, transferId } from './common.js';

const shard = { type: 'integer', minimum: 0 } as const;

export const inDoubtQuerySchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    limit: {
      type: 'string',
      pattern: '^[0-9]{1,4}$',
      description: 'Most transfers to list, 1 to 1000, 100 if not given; the amounts are of all.',
    },
  },
} as const;

export const inDoubtSchema = {
  type: 'object',
  required: ['transfers', 'more', 'pairs', 'unreachable_shards'],
  properties: {
    transfers: {
      type: 'array',
      description: 'Those that have not ended, the oldest first.',
      items: {
        type: 'object',
        required: ['id', 'kind', 'state', 'since', 'shards', 'amounts'],
        properties: {
          id: transferId,
          kind: {
            type: 'string',
            enum: ['transfer', 'hold', 'capture', 'reversal', 'release'],
            description: 'release: the system frees what was held on other shards.',
          },
          of: {
            ...transferId,
            description: 'The hold that it captures or frees parts of, or the transfer that it reverses.',
          },
          state: {
            type: 'string',
            enum: ['undecided', 'posting', 'canceling', 'unknown', 'posted', 'canceled'],
            description:
              'posting and canceling are decided; unknown: the shard that decides does not answer.',
          },
          since: time,
          decide_by: {
            ...time,
            description: 'Undecided then, it is canceled; absent where it can only go forward.',
          },
          shards: { type: 'array', items: shard, description: 'The first takes it in, the last decides.' },
          amounts: {
            type: 'array',
            items: { type: 'object', properties: { amount: decimal, asset } },
            description: 'Leg by leg.',
          },
        },
      },
    },
    more: { type: 'integer', minimum: 0, description: 'How many are not listed, but in the sums.' },
    pairs: {
      type: 'array',
      description: 'By pair of shards and asset.',
      items: {
        type: 'object',
        required: ['shards', 'asset', 'undecided', 'in_transit', 'reconciled'],
        properties: {
          shards: { type: 'array', items: shard, minItems: 2, maxItems: 2 },
          asset,
          undecided: { ...decimal, description: 'Set aside, and still to be decided.' },
          in_transit: { ...decimal, description: 'Decided, posted on one side and not yet on the other.' },
          reconciled: {
            type: ['boolean', 'null'],
            description:
              'Whether the books of the two shards say the same. false: a fault. null: they do not, and what a shard that does not answer has taken in may be why.',
          },
        },
      },
    },
    unreachable_shards: {
      type: 'array',
      items: shard,
      description: 'They do not answer: nothing is said of the pairs they are in.',
    },
  },
} as const;
