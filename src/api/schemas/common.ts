/** JSON Schemas of the API's bodies; OpenAPI is made from these (draft 2020-12, as OpenAPI 3.1 has it). */
export const decimal = {
  type: 'string',
  pattern: '^-?[0-9]+(\\.[0-9]+)?$',
  maxLength: 100,
  description: 'A decimal string, never a number: "12.34".',
  examples: ['12.34'],
} as const;
export const nullableDecimal = { ...decimal, type: ['string', 'null'] } as const;
export const asset = {
  type: 'string',
  maxLength: 20,
  description: 'An ISO 4217 code, or CODE/SCALE for an asset of your own.',
  examples: ['EUR', 'POINTS/3'],
} as const;
export const accountId = {
  type: 'string',
  pattern: '^acc_[0-9a-f]{32}$',
  examples: [`acc_${'0'.repeat(32)}`],
} as const;
export const transferId = {
  type: 'string',
  pattern: '^tr_[0-9a-f]{32}$',
  examples: [`tr_${'0'.repeat(32)}`],
} as const;
export const scheduleId = {
  type: 'string',
  pattern: '^sch_[0-9a-f]{32}$',
  examples: [`sch_${'0'.repeat(32)}`],
} as const;
export const time = { type: 'string', format: 'date-time' } as const;

export const metadata = {
  type: 'object',
  maxProperties: 50,
  propertyNames: { type: 'string', minLength: 1, maxLength: 64 },
  additionalProperties: { type: 'string', maxLength: 4_096 },
  description: 'Your own strings, 16 KiB in all.',
} as const;
export const metadataAnswer = { type: 'object', additionalProperties: { type: 'string' } } as const;

export const idParams = {
  type: 'object',
  properties: { id: { type: 'string' } },
  required: ['id'],
} as const;

const idempotencyKey = {
  type: 'string',
  minLength: 1,
  maxLength: 255,
  description: 'One key has one effect, for ever; every repeat gets the same answer.',
} as const;
const prefer = {
  type: 'string',
  description: 'wait=N: up to N seconds (0 to 60, 10 if not given); respond-async.',
} as const;
export const keyHeaders = {
  type: 'object',
  required: ['idempotency-key'],
  properties: { 'idempotency-key': idempotencyKey },
} as const;
export const optionalKeyHeaders = {
  type: 'object',
  properties: { 'idempotency-key': idempotencyKey },
} as const;
export const keyAndPreferHeaders = {
  type: 'object',
  required: ['idempotency-key'],
  properties: { 'idempotency-key': idempotencyKey, prefer },
} as const;
export const transferHeaders = {
  type: 'object',
  properties: {
    'idempotency-key': {
      ...idempotencyKey,
      description: `${idempotencyKey.description} A dry run needs none.`,
    },
    prefer,
  },
} as const;
