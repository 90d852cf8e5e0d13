const column = { type: ['string', 'integer'], minLength: 1, minimum: 1 } as const;
const columns = { anyOf: [column, { type: 'array', items: column }] } as const;
const texts = { type: 'array', items: { type: 'string', minLength: 1 }, minItems: 1 } as const;
const character = { type: 'string', minLength: 1, maxLength: 1 } as const;

/** Of a file of settings (docs/reconciliation.md). */
export const settingsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    csv: {
      type: 'object',
      additionalProperties: false,
      properties: {
        encoding: { type: 'string' },
        delimiter: character,
        quote: character,
        skip_lines: { type: 'integer', minimum: 0, maximum: 10_000 },
        header: { type: 'boolean' },
        date_format: { type: 'string' },
        decimal: character,
        thousands: { type: 'string', maxLength: 1 },
        columns: {
          type: 'object',
          additionalProperties: false,
          properties: {
            date: column,
            value_date: column,
            amount: column,
            debit: column,
            credit: column,
            side: column,
            balance: column,
            currency: column,
            reference: columns,
            counterparty: columns,
            text: columns,
          },
        },
        sides: {
          type: 'object',
          additionalProperties: false,
          properties: { debit: texts, credit: texts },
        },
        only: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    camt: {
      type: 'object',
      additionalProperties: false,
      properties: { account: { type: 'string', minLength: 1 }, batches: { enum: ['split', 'whole'] } },
    },
    statement_date: { enum: ['booking', 'value'] },
    ledger_date: { enum: ['effective', 'booked'] },
    time_zone: { type: 'string' },
    reference_metadata: texts,
    rules: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'match'],
        properties: {
          name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
          match: { enum: ['one_to_one', 'one_to_many', 'many_to_one'] },
          same: {
            type: 'array',
            items: { enum: ['reference', 'mention', 'counterparty'] },
            uniqueItems: true,
          },
          within_days: { type: 'integer', minimum: 0, maximum: 366 },
          pair_equals: { type: 'boolean' },
          at_most: { type: 'integer', minimum: 2, maximum: 1_000 },
        },
      },
    },
  },
} as const;
