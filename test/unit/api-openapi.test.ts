import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import {
  ALICE,
  API_KEY,
  type ApiHarness,
  BOB,
  REFERENCE,
  SCHEDULE,
  scheduleView,
  startApi,
  TENANT,
  TRANSFER,
  transferView,
} from '../support/api-harness.js';

/** The description at /openapi.json: a valid document, and what the API really answers with. */
interface Operation {
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content?: Content }>>;
}
type Content = Readonly<Record<string, { readonly schema: object }>>;
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

const WAITING = `tr_${'e'.repeat(32)}`;
const PAST = '2026-01-02T03:04:05.678Z';
let api: ApiHarness;
let document: Document;
beforeAll(async () => {
  const answered = transferView();
  api = await startApi({
    // The key says what becomes of the transfer.
    transfer: async ({ key }) => {
      const rejection = {
        code: 'insufficient_funds',
        account: ALICE,
        available: '0',
        needed: '1234',
      } as const;
      if (key === 'rejected') {
        return { kind: 'ended', transfer: { ...answered, status: 'rejected', rejection }, replayed: false };
      }
      if (key === 'processing') {
        const { endedAt: _, ...going } = answered;
        return { kind: 'processing', transfer: { ...going, status: 'processing' }, replayed: false };
      }
      return { kind: 'ended', transfer: answered, replayed: false };
    },
    schedules: {
      schedule: async () =>
        scheduleView({
          occurrences: [
            { first: 2, last: 4, due: PAST, skippedAt: PAST },
            {
              number: 1,
              due: PAST,
              transfer: TRANSFER,
              firedAt: PAST,
              status: 'rejected',
              legs: answered.legs,
              rejection: { code: 'insufficient_funds', account: ALICE, available: '0', needed: '1234' },
            },
          ],
        }),
    },
    reader: {
      transfer: async (tenant, id) =>
        tenant === TENANT && id === WAITING
          ? transferView({ status: 'scheduled', scheduled: { schedule: SCHEDULE, for: PAST } })
          : answered,
    },
  });
  document = (await api.app.inject('/openapi.json')).json();
});
afterAll(() => api.app.close());

// The formats are hints; what matters is the form.
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });

it('is a valid OpenAPI 3.1 document', () => {
  const schema = readFileSync(join(packageRoot(), 'test', 'support', 'openapi-3.1.json'), 'utf8');
  const isOpenApi = ajv.compile(JSON.parse(schema));
  expect(isOpenApi(document), JSON.stringify(isOpenApi.errors, null, 2)).toBe(true);
  expect(document.openapi).toBe('3.1.0');
});

it('has every operation, and each says what it is and what it answers', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, operation })),
  );
  expect(operations.map(({ name }) => name).sort()).toEqual([
    'delete /v1/idempotency-keys/{key}',
    'get /livez',
    'get /readyz',
    'get /v1/accounts',
    'get /v1/accounts/{id}',
    'get /v1/accounts/{id}/balance',
    'get /v1/accounts/{id}/entries',
    'get /v1/events',
    'get /v1/events/stream',
    'get /v1/idempotency-keys/{key}',
    'get /v1/in-doubt',
    'get /v1/reviews',
    'get /v1/schedules',
    'get /v1/schedules/{id}',
    'get /v1/schedules/{id}/occurrences',
    'get /v1/sums',
    'get /v1/transfers',
    'get /v1/transfers/{id}',
    'patch /v1/accounts/{id}',
    'post /v1/accounts',
    'post /v1/accounts/batch',
    'post /v1/conversions',
    'post /v1/schedules',
    'post /v1/schedules/{id}/cancel',
    'post /v1/splits',
    'post /v1/transfers',
    'post /v1/transfers/batch',
    'post /v1/transfers/{id}/approve',
    'post /v1/transfers/{id}/cancel',
    'post /v1/transfers/{id}/captures',
    'post /v1/transfers/{id}/decline',
    'post /v1/transfers/{id}/reversals',
    'post /v1/transfers/{id}/void',
  ]);
  for (const { name, operation } of operations) {
    expect(operation.summary, name).toBeTruthy();
    for (const [status, { content }] of Object.entries(operation.responses)) {
      for (const { schema } of Object.values(content ?? {})) {
        expect(() => ajv.compile(schema), `${name} ${status}`).not.toThrow();
      }
      expect(Object.keys(content ?? {}), `${name} ${status}`).toHaveLength(1);
    }
    if (name.includes('/v1/')) expect(Object.keys(operation.responses), name).toContain('4XX');
  }
});

it.each([
  ['/v1/transfers', 'post', false],
  ['/v1/transfers/batch', 'post', true],
  ['/v1/transfers/{id}/captures', 'post', true],
  ['/v1/transfers/{id}/void', 'post', true],
  ['/v1/transfers/{id}/reversals', 'post', true],
  ['/v1/transfers/{id}/cancel', 'post', true],
  ['/v1/schedules', 'post', true],
  ['/v1/schedules/{id}/cancel', 'post', true],
  ['/v1/accounts/batch', 'post', true],
  ['/v1/accounts/{id}', 'patch', true],
])('says of %s %s whether it needs a key', (path, method, required) => {
  expect(document.paths[path]?.[method]?.parameters ?? []).toContainEqual(
    expect.objectContaining({ name: 'idempotency-key', in: 'header', required }),
  );
});

describe('what the API answers is what it describes:', () => {
  const one = `/v1/transfers/${TRANSFER}`;
  const part = { leg: 0, amount: '1.00' };
  const noon = '2026-01-31T12:00:00Z';
  const conversion = { amount: '1', asset: 'CZK', to: 'EUR', rate: '0.04', rounding: 'down' };
  const body = { debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' };
  const later = '2040-01-31T08:00:00Z';
  const waiting = `/v1/transfers/${WAITING}`;
  const monthly = { rrule: 'FREQ=MONTHLY', time_zone: 'UTC', starts_at: later, transfer: body };
  it.each([
    ['post', '/v1/transfers', '/v1/transfers', 'posted', body, 201],
    ['post', '/v1/transfers', '/v1/transfers', 'processing', body, 202],
    ['post', '/v1/transfers', '/v1/transfers', 'rejected', body, 422],
    ['post', '/v1/transfers', '/v1/transfers', 'posted', {}, 400],
    ['post', '/v1/accounts', '/v1/accounts', 'opened', { asset: 'CZK' }, 201],
    ['get', '/v1/accounts/{id}', `/v1/accounts/${ALICE}`, '', undefined, 200],
    ['get', '/v1/accounts/{id}', `/v1/accounts/${BOB}`, '', undefined, 404],
    ['get', '/v1/accounts/{id}/entries', `/v1/accounts/${ALICE}/entries`, '', undefined, 200],
    ['get', '/v1/transfers/{id}', `/v1/transfers/${TRANSFER}`, '', undefined, 200],
    ['post', '/v1/transfers', '/v1/transfers', '', { ...body, dry_run: true }, 200],
    ['post', '/v1/transfers/batch', '/v1/transfers/batch', 'all', { transfers: [body] }, 200],
    ['post', '/v1/accounts/batch', '/v1/accounts/batch', 'all', { accounts: [{ asset: 'CZK' }] }, 200],
    ['post', '/v1/transfers/{id}/captures', `${one}/captures`, 'c', { legs: [part] }, 201],
    ['post', '/v1/transfers/{id}/reversals', `${one}/reversals`, 'r', { legs: [part] }, 201],
    ['post', '/v1/transfers/{id}/void', `${one}/void`, 'v', {}, 200],
    [
      'patch',
      '/v1/accounts/{id}',
      `/v1/accounts/${ALICE}`,
      'f',
      { status: 'frozen', max_balance: null },
      200,
    ],
    ['get', '/v1/accounts', `/v1/accounts?reference=${REFERENCE}`, '', undefined, 200],
    ['get', '/v1/accounts/{id}/balance', `/v1/accounts/${ALICE}/balance?at=${noon}`, '', undefined, 200],
    ['get', '/v1/transfers', '/v1/transfers?metadata[a]=b', '', undefined, 200],
    ['get', '/v1/sums', '/v1/sums?reference_prefix=a:', '', undefined, 200],
    ['get', '/v1/events', '/v1/events?limit=5', '', undefined, 200],
    ['get', '/v1/in-doubt', '/v1/in-doubt?limit=5', '', undefined, 200],
    ['get', '/v1/in-doubt', '/v1/in-doubt?limit=0', '', undefined, 400],
    ['get', '/v1/events', '/v1/events?wait=31', '', undefined, 400],
    [
      'get',
      '/v1/accounts/{id}/balance',
      `/v1/accounts/${ALICE}/balance?effective_at=${noon}`,
      '',
      undefined,
      200,
    ],
    ['get', '/v1/idempotency-keys/{key}', '/v1/idempotency-keys/k', '', undefined, 200],
    ['delete', '/v1/idempotency-keys/{key}', '/v1/idempotency-keys/k', '', undefined, 200],
    ['post', '/v1/transfers', '/v1/transfers', 'later', { ...body, scheduled_at: later }, 202],
    ['post', '/v1/transfers/{id}/cancel', `${waiting}/cancel`, 'off', {}, 200],
    ['post', '/v1/schedules', '/v1/schedules', 'monthly', monthly, 201],
    ['post', '/v1/schedules', '/v1/schedules', 'wrong', { ...monthly, rrule: 'FREQ=NEVER' }, 400],
    ['get', '/v1/schedules', '/v1/schedules?status=active&limit=1', '', undefined, 200],
    ['get', '/v1/schedules/{id}', `/v1/schedules/${SCHEDULE}`, '', undefined, 200],
    ['get', '/v1/schedules/{id}/occurrences', `/v1/schedules/${SCHEDULE}/occurrences`, '', undefined, 200],
    ['post', '/v1/schedules/{id}/cancel', `/v1/schedules/${SCHEDULE}/cancel`, 'end', undefined, 200],
    ['post', '/v1/splits', '/v1/splits', '', { amount: '1', asset: 'CZK', weights: ['1'] }, 200],
    ['post', '/v1/conversions', '/v1/conversions', '', conversion, 200],
    ['get', '/readyz', '/readyz', '', undefined, 200],
    ['get', '/livez', '/livez', '', undefined, 200],
  ] as const)('%s %s', async (method, path, url, key, payload, status) => {
    const answer = await api.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${API_KEY}`, ...(key === '' ? {} : { 'idempotency-key': key }) },
      ...(payload === undefined ? {} : { payload }),
    });
    expect(answer.statusCode).toBe(status);
    const responses = document.paths[path]?.[method]?.responses ?? {};
    const described = responses[String(status)] ?? responses[`${Math.floor(status / 100)}XX`];
    const media = String(answer.headers['content-type']).split(';')[0] ?? '';
    const schema = described?.content?.[media]?.schema;
    if (schema === undefined) throw new Error(`${status} ${media} is not described`);
    const isDescribed = ajv.compile(schema);
    expect(isDescribed(answer.json()), JSON.stringify(isDescribed.errors)).toBe(true);
  });
});
