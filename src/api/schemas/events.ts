/** A place in a tenant's events. */
const after = {
  type: 'string',
  minLength: 1,
  maxLength: 8_192,
  description: 'A cursor, "start" (the first event; if not given) or "now" (only what comes).',
} as const;

export const eventsQuery = {
  type: 'object',
  additionalProperties: false,
  properties: {
    after,
    limit: { type: 'string', pattern: '^[0-9]{1,4}$', description: '1 to 1000, 100 if not given.' },
    wait: {
      type: 'string',
      pattern: '^[0-9]{1,2}$',
      description: 'How many seconds to wait where there is nothing yet: 0 to 30, 0 if not given.',
    },
  },
} as const;

export const streamQuery = {
  type: 'object',
  additionalProperties: false,
  properties: { after },
} as const;

export const streamHeaders = {
  type: 'object',
  properties: {
    'last-event-id': {
      type: 'string',
      maxLength: 8_192,
      description: 'The id of the last event that came, to go on after it; before "after".',
    },
  },
} as const;

export const eventsPage = {
  type: 'object',
  required: ['data', 'next_cursor', 'caught_up'],
  properties: {
    data: {
      type: 'array',
      description: "Your events as they are in the journal: each shard's in its order, without a gap.",
      items: { type: 'object', description: 'docs/journal-format.md; a JSON Schema for each type.' },
    },
    next_cursor: { type: 'string', description: 'Goes on after this page; there is always one.' },
    caught_up: { type: 'boolean', description: 'false: there is more at once.' },
  },
} as const;
