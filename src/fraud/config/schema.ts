import { REVIEW_CAUSES } from './fraud-config.js';

const window = {
  type: 'string',
  pattern: '^[1-9][0-9]{0,3}[smhd]$',
  description: 'A time back from the event: 30s, 15m, 24h, 7d.',
} as const;
const amounts = {
  type: 'object',
  minProperties: 1,
  additionalProperties: { type: 'string', pattern: '^[0-9]{1,30}(\\.[0-9]{1,18})?$' },
  description: 'A decimal amount for each asset; a rule does not look at others.',
} as const;
const count = { type: 'integer', minimum: 1, maximum: 100_000 } as const;
const side = { enum: ['debit', 'credit'] } as const;
const common = {
  name: { type: 'string', pattern: '^[a-z0-9][a-z0-9-]{0,63}$' },
  score: { type: 'integer', minimum: 1, maximum: 100 },
} as const;

const rule = (kind: string, required: readonly string[], properties: object, more: object = {}) => ({
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name', 'score', ...required],
  properties: { kind: { const: kind }, ...common, ...properties },
  ...more,
});

/** Of a file of rules (docs/fraud.md); `kind` decides which rule a rule is, so that errors speak of that one. */
export const configSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['rules', 'alert_at', 'review_at'],
  properties: {
    time: { enum: ['booked', 'effective'] },
    alert_at: { type: 'integer', minimum: 1, maximum: 100 },
    review_at: { type: 'integer', minimum: 1, maximum: 101 },
    reviews: {
      type: 'object',
      additionalProperties: false,
      properties: {
        approve_below: { type: 'integer', minimum: 1, maximum: 100 },
        decline_from: { type: 'integer', minimum: 1, maximum: 100 },
        reasons: { type: 'array', minItems: 1, uniqueItems: true, items: { enum: REVIEW_CAUSES } },
      },
    },
    exempt: {
      type: 'object',
      additionalProperties: false,
      properties: {
        unlimited: { type: 'boolean' },
        reference_prefixes: { type: 'array', items: { type: 'string', minLength: 1 } },
        metadata: { type: 'object', additionalProperties: { type: 'string' } },
      },
    },
    rules: {
      type: 'array',
      minItems: 1,
      maxItems: 50,
      items: {
        type: 'object',
        required: ['kind'],
        discriminator: { propertyName: 'kind' },
        oneOf: [
          rule(
            'velocity',
            ['window'],
            { window, side, count_above: count, amount_above: amounts },
            { anyOf: [{ required: ['count_above'] }, { required: ['amount_above'] }] },
          ),
          rule('unusual_amount', ['after', 'times'], {
            after: count,
            times: { type: 'integer', minimum: 2, maximum: 1_000 },
            at_least: amounts,
          }),
          rule('fan_out', ['window', 'parties_above'], { window, parties_above: count }),
          rule('fan_in', ['window', 'parties_above'], { window, parties_above: count }),
          rule('new_counterparty', ['after'], { after: count, at_least: amounts }),
          rule('structuring', ['window', 'limit', 'within_percent', 'count'], {
            window,
            side,
            limit: amounts,
            within_percent: { type: 'integer', minimum: 1, maximum: 99 },
            count,
          }),
        ],
      },
    },
  },
} as const;
