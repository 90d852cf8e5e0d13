import { describe, expect, it } from 'vitest';
import { parseQuery } from '../../src/api/read/query-string.js';
import { InvalidSearchError } from '../../src/errors/invalid-search-error.js';
import { UnavailableError } from '../../src/errors/shard-errors.js';
import type { SumQuery, TransferQuery } from '../../src/search/requests.js';
import type { FoundTransfer } from '../../src/search/views.js';
import { ALICE, askApi, assetOf, BOB, TENANT, TRANSFER } from '../support/api-harness.js';
import { apiStarter } from '../support/kept-apis.js';

const start = apiStarter();
const found: FoundTransfer = {
  id: TRANSFER,
  kind: 'transfer',
  status: 'posted',
  createdAt: '2026-01-02T03:04:05.678Z',
  endedAt: '2026-01-02T03:04:05.999Z',
  effectiveAt: '2026-01-01T00:00:00.000Z',
  reference: 'order 7',
  metadata: { order: '7' },
  legs: [{ debit: ALICE, credit: BOB, amount: 1_234n, asset: assetOf('CZK') }],
};
const lag = [{ shard: 0, sequence: 12, time: '2026-01-02T03:04:06.000Z', behind: 3 }];

describe('search', () => {
  it('asks for what the query string says, in UTC, and renders amounts and how far it is behind', async () => {
    const asked: TransferQuery[] = [];
    const api = await start({
      search: {
        transfers: async (tenant, query) => {
          expect(tenant).toBe(TENANT);
          asked.push(query);
          return { items: [found], nextCursor: 'abc', lag };
        },
      },
    });
    const query = new URLSearchParams([
      ['reference', 'order 7'],
      ['account', ALICE],
      ['status', 'posted'],
      ['kind', 'transfer'],
      ['created_from', '2026-01-01T01:00:00+01:00'],
      ['effective_to', '2026-02-01T00:00:00Z'],
      ['metadata[order]', '7'],
      ['metadata[a[b]=&c]', 'x=y&z'],
      ['limit', '10'],
    ]);
    const answer = await askApi(api, 'GET', `/v1/transfers?${query}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      data: [
        {
          id: TRANSFER,
          kind: 'transfer',
          status: 'posted',
          legs: [{ debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' }],
          reference: 'order 7',
          metadata: { order: '7' },
          created_at: found.createdAt,
          ended_at: found.endedAt,
          effective_at: found.effectiveAt,
        },
      ],
      next_cursor: 'abc',
      as_of: [{ shard: 0, sequence: 12, booked_at: '2026-01-02T03:04:06.000Z', behind: 3 }],
    });
    expect(asked).toEqual([
      {
        reference: 'order 7',
        account: ALICE,
        status: 'posted',
        kind: 'transfer',
        created: { from: '2026-01-01T00:00:00.000Z' },
        effective: { to: '2026-02-01T00:00:00.000Z' },
        metadata: { order: '7', 'a[b]=&c': 'x=y&z' },
        limit: 10,
      },
    ]);
  });

  it('sums by prefix, in the decimals of each asset', async () => {
    const asked: SumQuery[] = [];
    const api = await start({
      search: {
        sums: async (_tenant, query) => {
          asked.push(query);
          const sum = { accounts: 2, debits: 100n, credits: 350n, balance: 250n };
          return {
            items: [{ asset: assetOf('EUR'), ...sum, debitsPending: 5n, creditsPending: 0n }],
            lag,
          };
        },
      },
    });
    const answer = await askApi(api, 'GET', '/v1/sums?reference_prefix=merchants%3Aacme%3A&asset=EUR');
    expect(answer.json()).toMatchObject({
      data: [
        {
          asset: 'EUR',
          accounts: 2,
          balance: '2.50',
          debits: '1.00',
          credits: '3.50',
          pending_debits: '0.05',
        },
      ],
      next_cursor: null,
    });
    expect(asked).toEqual([{ prefix: 'merchants:acme:', asset: assetOf('EUR') }]);
  });

  it('tells what counted by an effective time', async () => {
    const api = await start({
      search: {
        balanceAt: async (_tenant, account, at) =>
          account === ALICE
            ? { account, asset: assetOf('CZK'), at, debits: 100n, credits: 350n, balance: 250n, lag }
            : undefined,
      },
    });
    const at = (account: string) => `/v1/accounts/${account}/balance?effective_at=2026-01-01T00:00:00Z`;
    expect((await askApi(api, 'GET', at(ALICE))).json()).toMatchObject({
      account: ALICE,
      effective_at: '2026-01-01T00:00:00.000Z',
      balance: '2.50',
      as_of: [{ behind: 3 }],
    });
    expect((await askApi(api, 'GET', at(BOB))).statusCode).toBe(404);
  });

  it.each([
    ['/v1/transfers?limit=0', 'invalid_request', 'limit'],
    ['/v1/transfers?limit=1001', 'invalid_request', 'limit'],
    ['/v1/transfers?limit=ten', 'invalid_request', 'limit'],
    ['/v1/transfers?status=done', 'invalid_request', 'status'],
    ['/v1/transfers?status=posted&status=held', 'invalid_request', 'status'],
    ['/v1/transfers?account=alice', 'invalid_request', 'account'],
    ['/v1/transfers?colour=red', 'invalid_request', 'colour'],
    ['/v1/transfers?metadata=red', 'invalid_request', 'metadata'],
    ['/v1/transfers?metadata[a]=1&metadata[a]=2', 'invalid_request', 'metadata/a'],
    ['/v1/transfers?created_from=yesterday', 'time_malformed', 'created_from'],
    ['/v1/transfers?created_from=2026-02-30T00:00:00Z', 'time_malformed', 'created_from'],
    [
      '/v1/transfers?effective_from=2026-01-02T00:00:00Z&effective_to=2026-01-01T00:00:00Z',
      'invalid_request',
      'effective_to',
    ],
    ['/v1/sums', 'invalid_request', 'reference_prefix'],
    ['/v1/sums?reference_prefix=a&asset=XXXX', 'asset_unknown', 'asset'],
    [`/v1/accounts/${ALICE}/balance`, 'invalid_request', 'at'],
    [
      `/v1/accounts/${ALICE}/balance?at=2026-01-01T00:00:00Z&effective_at=2026-01-01T00:00:00Z`,
      'invalid_request',
      'at',
    ],
    [`/v1/accounts/${ALICE}/balance?effective_at=noon`, 'time_malformed', 'effective_at'],
  ])('names what is wrong: %s', async (url, code, field) => {
    const answer = await askApi(await start(), 'GET', url);
    expect(answer.json()).toMatchObject({ status: 400, code, field });
  });

  it('says what the read model found wrong, and that it is away', async () => {
    const answers = [
      new InvalidSearchError('cursor', 'This cursor is none of ours.'),
      new UnavailableError('search', 'x'),
    ];
    const api = await start({
      search: {
        transfers: async () => {
          throw answers.shift();
        },
      },
    });
    expect((await askApi(api, 'GET', '/v1/transfers?cursor=x')).json()).toMatchObject({
      status: 400,
      field: 'cursor',
    });
    const away = await askApi(api, 'GET', '/v1/transfers');
    expect(away.json()).toMatchObject({ status: 503, database: 'search' });
    expect(away.headers['retry-after']).toBe('1');
  });
});

it('a query string that names what objects have is taken as it is', () => {
  expect(parseQuery('__proto__=1&metadata[__proto__]=2')).toEqual(
    Object.assign(Object.create(null), {
      ['__proto__']: '1',
      metadata: Object.assign(Object.create(null), { ['__proto__']: '2' }),
    }),
  );
});
