import { connect } from 'node:net';
import type { InjectOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALICE, API_KEY, type ApiHarness, assetOf, BOB, startApi } from '../support/api-harness.js';

/** The form of requests: what is wrong is named, never put right in silence, and never reaches the ledger. */
let api: ApiHarness;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.app.close());

const auth = { authorization: `Bearer ${API_KEY}` };
const NOON = '2026-01-31T12:00:00Z';
const fx = { sell_leg: 0, buy_leg: 1, rate: '2', rounding: 'half_even' };
const leg = { debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' };

async function ask(options: InjectOptions) {
  const before = api.asked.length;
  const answer = await api.app.inject(options);
  return { answer, reached: api.asked.length > before };
}

const post = (url: string, body: unknown, headers: Record<string, string> = { 'idempotency-key': 'k' }) =>
  ask({
    method: 'POST',
    url,
    headers: { ...auth, 'content-type': 'application/json', ...headers },
    payload: typeof body === 'string' ? body : JSON.stringify(body),
  });

type Refusal = readonly [name: string, body: unknown, status: number, code: string, field?: string];

const transferRefusals: readonly Refusal[] = [
  ['a number for an amount', { ...leg, amount: 12.34 }, 400, 'amount_malformed', 'amount'],
  ['an exponent', { ...leg, amount: '1e3' }, 400, 'amount_malformed', 'amount'],
  ['an empty amount', { ...leg, amount: '' }, 400, 'amount_malformed', 'amount'],
  ['a leading zero', { ...leg, amount: '01.00' }, 400, 'amount_malformed', 'amount'],
  ['too many decimals', { ...leg, amount: '1.000' }, 400, 'amount_too_precise', 'amount'],
  ['more than 38 digits', { ...leg, amount: '9'.repeat(37) }, 400, 'amount_too_large', 'amount'],
  ['many more than 38 digits', { ...leg, amount: '9'.repeat(60) }, 400, 'amount_too_large', 'amount'],
  [
    'more decimals than any asset has',
    { ...leg, amount: '0.1234567890123456789' },
    400,
    'amount_too_precise',
  ],
  ['no number', { ...leg, amount: 'NaN' }, 400, 'amount_malformed', 'amount'],
  ['an amount below zero', { ...leg, amount: '-1.00' }, 400, 'amount_not_positive', 'amount'],
  ['an amount of zero', { ...leg, amount: '0.00' }, 400, 'amount_not_positive', 'amount'],
  ['a leg to itself', { legs: [leg, { ...leg, credit: ALICE }] }, 400, 'same_account', 'legs/1/credit'],
  ['an unknown asset', { ...leg, asset: 'XXQ' }, 400, 'asset_unknown', 'asset'],
  ['an ISO asset with another scale', { ...leg, asset: 'EUR/3' }, 400, 'asset_unknown', 'asset'],
  ['no account id', { ...leg, debit: 'till' }, 400, 'invalid_request', 'debit'],
  ['half a leg', { legs: [leg, { debit: ALICE }] }, 400, 'invalid_request', 'legs/1/credit'],
  ['an unknown field in a leg', { legs: [{ ...leg, memo: 'x' }] }, 400, 'invalid_request', 'legs/0/memo'],
  [
    'too many decimals in a leg',
    { legs: [leg, { ...leg, amount: '1.234' }] },
    400,
    'amount_too_precise',
    'legs/1/amount',
  ],
  ['no legs', { legs: [] }, 400, 'invalid_request', 'legs'],
  ['101 legs', { legs: Array.from({ length: 101 }, () => leg) }, 400, 'too_many_legs', 'legs'],
  ['up_to for two legs', { legs: [leg, leg], up_to: true }, 400, 'up_to_one_leg', 'up_to'],
  ['up_to for a hold', { ...leg, up_to: true, hold: true }, 400, 'invalid_request', 'up_to'],
  ['an expiry without a hold', { ...leg, expires_at: NOON }, 400, 'invalid_request', 'expires_at'],
  ['a time without a zone', { ...leg, effective_at: '2026-01-31T12:00:00' }, 400, 'time_malformed'],
  ['no such day', { ...leg, hold: true, expires_at: '2026-02-30T12:00:00Z' }, 400, 'time_malformed'],
  ['a year 0', { ...leg, effective_at: '0000-01-01T00:00:00Z' }, 400, 'time_malformed', 'effective_at'],
  ['a number for a time', { ...leg, effective_at: 1 }, 400, 'invalid_request', 'effective_at'],
  ['an empty reference', { ...leg, reference: '' }, 400, 'invalid_request', 'reference'],
  ['a NUL in a reference', { ...leg, reference: 'a\u0000' }, 400, 'invalid_request', 'reference'],
  ['a rate of zero', { legs: [leg, leg], fx: [{ ...fx, rate: '0' }] }, 400, 'rate_malformed', 'fx/0/rate'],
  ['a number for a rate', { legs: [leg, leg], fx: [{ ...fx, rate: 2 }] }, 400, 'rate_malformed'],
  ['a rate of a leg that is not there', { legs: [leg], fx: [fx] }, 400, 'invalid_request', 'fx/0/buy_leg'],
  [
    'a rounding of its own',
    { legs: [leg, leg], fx: [{ ...fx, rounding: 'banker' }] },
    400,
    'invalid_request',
    'fx/0/rounding',
  ],
  ['a rate of one leg', { ...leg, fx: [fx] }, 400, 'invalid_request', 'fx'],
  [
    'more than 16 KiB of metadata',
    { ...leg, metadata: { a: 'x'.repeat(16_385) } },
    400,
    'metadata_too_large',
    'metadata/a',
  ],
  ['both forms', { ...leg, legs: [leg] }, 400, 'invalid_request', 'debit'],
  ['an unknown field', { ...leg, memo: 'x' }, 400, 'invalid_request', 'memo'],
  ['a missing field', { debit: ALICE, credit: BOB, asset: 'CZK' }, 400, 'invalid_request', 'amount'],
  ['nothing in it', {}, 400, 'invalid_request', 'debit'],
  ['an array', [], 400, 'invalid_request'],
  ['null', 'null', 400, 'invalid_request'],
  ['no JSON', '{"debit":', 400, 'malformed_json'],
  ['nothing', '', 400, 'malformed_json'],
  ['a poisoned prototype', '{"__proto__":{"debit":1}}', 400, 'malformed_json'],
  ['more than 1 MiB', JSON.stringify('x'.repeat(1024 * 1024)), 413, 'body_too_large'],
];

const many = (count: number, value: string) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, value]));

const accountRefusals: readonly Refusal[] = [
  ['no asset', {}, 400, 'invalid_request', 'asset'],
  ['a number for a limit', { asset: 'CZK', min_balance: 0 }, 400, 'amount_malformed', 'min_balance'],
  [
    'a limit finer than the asset',
    { asset: 'JPY', max_balance: '1.5' },
    400,
    'amount_too_precise',
    'max_balance',
  ],
  [
    'limits that contradict',
    { asset: 'CZK', min_balance: '5', max_balance: '1' },
    400,
    'limits_crossed',
    'max_balance',
  ],
  ['a reference with an empty segment', { asset: 'CZK', reference: 'a::b' }, 400, 'reference_malformed'],
  ['a reference with a space', { asset: 'CZK', reference: 'a b' }, 400, 'reference_malformed', 'reference'],
  ['a long reference', { asset: 'CZK', reference: 'a'.repeat(256) }, 400, 'reference_malformed'],
  ['an unknown field', { asset: 'CZK', currency: 'CZK' }, 400, 'invalid_request', 'currency'],
  ['metadata that is no text', { asset: 'CZK', metadata: { a: 1 } }, 400, 'invalid_request', 'metadata/a'],
  ['a NUL in metadata', { asset: 'CZK', metadata: { a: 'x\u0000' } }, 400, 'invalid_request', 'metadata/a'],
  [
    'half a surrogate pair',
    '{"asset":"CZK","metadata":{"a":"\\ud800"}}',
    400,
    'invalid_request',
    'metadata/a',
  ],
  ['half a surrogate pair in a name', '{"asset":"CZK","metadata":{"\\ud800":"a"}}', 400, 'invalid_request'],
  ['51 names', { asset: 'CZK', metadata: many(51, 'v') }, 400, 'metadata_too_large', 'metadata'],
  [
    'more than 16 KiB of metadata',
    { asset: 'CZK', metadata: many(3, 'é'.repeat(3_000)) },
    400,
    'metadata_too_large',
    'metadata',
  ],
  [
    'a long group',
    { asset: 'CZK', placement_group: 'x'.repeat(65) },
    400,
    'invalid_request',
    'placement_group',
  ],
  ['an empty group', { asset: 'CZK', placement_group: '' }, 400, 'invalid_request', 'placement_group'],
];

describe.each([
  ['/v1/transfers', transferRefusals],
  ['/v1/accounts', accountRefusals],
] as const)('POST %s refuses', (url, refusals) => {
  it.each(refusals)('%s', async (_name, body, status, code, field) => {
    const { answer, reached } = await post(url, body);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json()).toMatchObject({ status, code, type: `/problems/${code}` });
    expect(answer.statusCode).toBe(status);
    if (field !== undefined) expect(answer.json().field).toBe(field);
    expect(reached).toBe(false);
  });
});

describe('an idempotency key', () => {
  it.each([
    ['is asked for', {}, 'idempotency_key_missing'],
    ['may not be empty', { 'idempotency-key': '' }, 'idempotency_key_invalid'],
    ['is ASCII', { 'idempotency-key': 'clé' }, 'idempotency_key_invalid'],
    ['has at most 255 characters', { 'idempotency-key': 'k'.repeat(256) }, 'idempotency_key_invalid'],
  ])('%s', async (_name, headers: Record<string, string>, code) => {
    const { answer, reached } = await post('/v1/transfers', leg, headers);
    expect(answer.json()).toMatchObject({ status: 400, code });
    expect(reached).toBe(false);
  });

  it('is made up for an account that comes without one, another each time', async () => {
    await post('/v1/accounts', { asset: 'CZK' }, {});
    await post('/v1/accounts', { asset: 'CZK' }, {});
    const [one, other] = api.asked.slice(-2).map(({ given }) => (given[0] as { key: string }).key);
    expect(one).toMatch(/^[0-9a-f-]{36}$/);
    expect(other).not.toBe(one);
  });
});

describe('what reaches the ledger', () => {
  it('is exact: minor units, the key as it came, who asked, why and in which trace', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { answer } = await post(
      '/v1/transfers',
      { ...leg, amount: '90071992547409.93' },
      {
        'idempotency-key': 'order 7',
        traceparent,
      },
    );
    const [asked, origin] = api.last('transfer');
    expect(asked).toEqual({
      tenant: 'shop',
      key: 'order 7',
      legs: [{ debit: ALICE, credit: BOB, amount: 9_007_199_254_740_993n, asset: assetOf('CZK') }],
    });
    const cause = answer.headers['x-request-id'];
    expect(origin).toEqual({ actor: 'key:test', cause, traceparent });
  });

  it('has no trace that is malformed', async () => {
    await post('/v1/transfers', leg, { 'idempotency-key': 'k', traceparent: '00-zz-01' });
    expect(api.last('transfer')[1]).not.toHaveProperty('traceparent');
  });

  it('leaves out what an account request left out, and tells null from absent', async () => {
    await post('/v1/accounts', { asset: 'POINTS/3', min_balance: null, max_balance: '1.5' });
    expect(api.last('openAccount')[0]).toEqual({
      tenant: 'shop',
      key: 'k',
      asset: 'POINTS/3',
      limits: { minBalance: null, maxBalance: 1_500n },
    });
  });

  it('takes 100 legs', async () => {
    const { answer } = await post('/v1/transfers', { legs: Array.from({ length: 100 }, () => leg) });
    expect(answer.statusCode).toBe(201);
    expect(api.last('transfer')[0].legs).toHaveLength(100);
  });

  it.each([
    [undefined, 10_000, undefined],
    ['wait=3', 3_000, 'wait=3'],
    ['return=minimal, wait=0', 0, 'wait=0'],
    ['wait=3600', 60_000, 'wait=60'],
    ['respond-async', 0, 'respond-async'],
    ['handling=lenient', 10_000, undefined],
    ['wait=soon', 10_000, undefined],
    ['respond-async, wait=5', 5_000, 'wait=5'],
  ])('waits as preferred: %s', async (prefer, waitMs, applied) => {
    const { answer } = await post('/v1/transfers', leg, {
      'idempotency-key': 'k',
      ...(prefer === undefined ? {} : { prefer }),
    });
    expect(api.last('transfer')[2]).toEqual({ waitMs });
    expect(answer.headers['preference-applied']).toBe(applied);
  });
});

describe('other requests', () => {
  const get = (url: string, headers: Record<string, string> = auth) => ask({ method: 'GET', url, headers });

  it.each([
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=ten', 'limit'],
    ['limit=1&limit=2', 'limit'],
    ['cursor=never-given', 'cursor'],
    ['page=2', 'page'],
  ])('entries refuse ?%s', async (query, field) => {
    const { answer } = await get(`/v1/accounts/${ALICE}/entries?${query}`);
    expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_request', field });
  });

  it.each([
    '/v1/accounts/till',
    `/v1/accounts/${BOB}`,
    '/v1/transfers/first',
    '/nowhere',
    '/problems/constructor',
  ])('find nothing at %s', async (url) => {
    const { answer } = await get(url);
    expect(answer.statusCode).toBe(404);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
  });

  it.each([
    ['no key', {}],
    ['another scheme', { authorization: 'Basic c2s6' }],
    ['a key of nobody', { authorization: 'Bearer sk_test_xxxxxxxxxxxxxxxxxxxxxx' }],
  ])('say 401 to %s', async (_name, headers: Record<string, string>) => {
    for (const url of ['/v1/transfers/x', `/v1/accounts/${ALICE}`, `/v1/accounts/${ALICE}/entries`]) {
      const { answer } = await get(url, headers);
      expect(answer.json()).toMatchObject({ status: 401, code: 'unauthorized' });
      expect(answer.headers['www-authenticate']).toBe('Bearer');
    }
  });

  it.each([
    ['DELETE', '/v1/transfers', 'GET, HEAD, POST'],
    ['PUT', `/v1/accounts/${ALICE}`, 'GET, HEAD, PATCH'],
    ['DELETE', '/v1/accounts', 'GET, HEAD, POST'],
    ['PUT', '/v1/transfers/batch', 'GET, HEAD, POST'],
    ['POST', `/v1/accounts/${ALICE}/entries?limit=1`, 'GET, HEAD'],
    ['POST', '/openapi.json', 'GET, HEAD'],
  ] as const)('say 405 to %s %s and which methods there are', async (method, url, allow) => {
    const { answer } = await ask({ method, url, headers: auth });
    expect(answer.json()).toMatchObject({ status: 405, code: 'method_not_allowed' });
    expect(answer.headers.allow).toBe(allow);
  });

  it.each(['/v1/accounts/%zz', `/v1/accounts/${'a'.repeat(300)}`])('find nothing at %s', async (url) => {
    const { answer } = await get(url);
    expect(answer.json()).toMatchObject({ status: 404, code: 'not_found' });
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['x-request-id']).toMatch(/^req_/);
  });

  it.each(['application/xml', 'text/plain'])('say 415 to %s', async (type) => {
    const headers = { ...auth, 'idempotency-key': 'k', 'content-type': type };
    const { answer } = await ask({ method: 'POST', url: '/v1/transfers', headers, payload: '{}' });
    expect(answer.json()).toMatchObject({ status: 415, code: 'media_type_unsupported' });
  });

  it('refuse what is not UTF-8', async () => {
    const headers = { ...auth, 'content-type': 'application/json' };
    const payload = Buffer.from('{"asset":"CZK","metadata":{"a":"\xff"}}', 'latin1');
    const { answer, reached } = await ask({ method: 'POST', url: '/v1/accounts', headers, payload });
    expect(answer.json()).toMatchObject({ status: 400, code: 'malformed_json' });
    expect(reached).toBe(false);
  });

  it('that are not HTTP, or whose headers are too large, get a problem too', async () => {
    const url = new URL(await api.app.listen({ host: '127.0.0.1', port: 0 }));
    const answers = ['HELLO\r\n\r\n', `GET / HTTP/1.1\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`].map(
      async (text) => {
        const socket = connect(Number(url.port), url.hostname).setEncoding('utf8').end(text);
        return (await socket.toArray()).join('').split('\r\n\r\n')[1] ?? '';
      },
    );
    const problems = (await Promise.all(answers)).map((body) => JSON.parse(body));
    expect(problems).toMatchObject([
      { status: 400, code: 'malformed_http' },
      { status: 431, code: 'headers_too_large' },
    ]);
  });
});
