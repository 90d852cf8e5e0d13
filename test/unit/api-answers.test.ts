import { describe, expect, it } from 'vitest';
import type { ApiPorts } from '../../src/api/ports.js';
import type { AccountId } from '../../src/domain/ids.js';
import { ShardStoppedError, ShardUnavailableError } from '../../src/errors/shard-errors.js';
import type { TransferAnswer } from '../../src/intake/requests.js';
import type { EntryView } from '../../src/routing/views.js';
import {
  ALICE,
  API_KEY,
  type ApiAnswers,
  type ApiHarness,
  accountView,
  assetOf,
  BOB,
  TRANSFER,
  transferView,
} from '../support/api-harness.js';
import { apiStarter } from '../support/kept-apis.js';

/** What the ledger says, as HTTP: pure functions of what was recorded, so that repeats are the same bytes (P4). */
const start = apiStarter();

type EntryRange = Parameters<ApiPorts['reader']['entries']>[2];
const auth = { authorization: `Bearer ${API_KEY}` };
const post = (api: ApiHarness, url = '/v1/transfers') =>
  api.app.inject({
    method: 'POST',
    url,
    headers: { ...auth, 'idempotency-key': 'k' },
    payload:
      url === '/v1/accounts'
        ? { asset: 'CZK' }
        : { debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' },
  });
const get = (api: ApiHarness, url: string) => api.app.inject({ method: 'GET', url, headers: auth });
const answering = (answer: TransferAnswer): ApiAnswers => ({ transfer: async () => answer });

const rendered = {
  id: TRANSFER,
  kind: 'transfer',
  status: 'posted',
  legs: [{ debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' }],
  created_at: '2026-01-02T03:04:05.678Z',
  ended_at: '2026-01-02T03:04:05.999Z',
  shards: [1],
};

describe('a transfer', () => {
  it('posted is 201 with its place, and the same bytes when asked again', async () => {
    const first = await post(await start());
    expect(first.statusCode).toBe(201);
    expect(first.headers.location).toBe(`/v1/transfers/${TRANSFER}`);
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    expect(first.json()).toEqual(rendered);
    const again = await post(
      await start(answering({ kind: 'ended', transfer: transferView(), replayed: true })),
    );
    expect(again.statusCode).toBe(201);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body).toBe(first.body);
  });

  it('still processing is 202, says where and when to ask, and has no end', async () => {
    const { endedAt: _, ...going } = transferView({ status: 'processing', shards: [1, 0] });
    const answer = await post(
      await start(answering({ kind: 'processing', transfer: going, replayed: false })),
    );
    expect(answer.statusCode).toBe(202);
    expect(answer.headers.location).toBe(`/v1/transfers/${TRANSFER}`);
    expect(answer.headers['retry-after']).toBe('1');
    const { ended_at: __, ...expected } = rendered;
    expect(answer.json()).toEqual({ ...expected, status: 'processing', shards: [1, 0] });
  });

  it('rejected is the problem of its rejection, amounts in its asset, the same bytes when asked again', async () => {
    const rejection = {
      code: 'insufficient_funds',
      account: ALICE,
      available: '-150',
      needed: '1234',
    } as const;
    const transfer = transferView({ status: 'rejected', rejection });
    const first = await post(await start(answering({ kind: 'ended', transfer, replayed: false })));
    expect(first.statusCode).toBe(422);
    expect(first.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(first.json()).toMatchObject({
      type: '/problems/insufficient_funds',
      status: 422,
      code: 'insufficient_funds',
      account: ALICE,
      available: '-1.50',
      needed: '12.34',
      transfer: {
        id: TRANSFER,
        status: 'rejected',
        created_at: rendered.created_at,
        ended_at: rendered.ended_at,
      },
    });
    const again = await post(await start(answering({ kind: 'ended', transfer, replayed: true })));
    expect(again.statusCode).toBe(422);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body).toBe(first.body);
  });

  it('canceled is a conflict that says why', async () => {
    const transfer = transferView({ status: 'canceled', reason: { code: 'deadline' } });
    const answer = await post(await start(answering({ kind: 'ended', transfer, replayed: false })));
    expect(answer.statusCode).toBe(409);
    expect(answer.json()).toMatchObject({ code: 'transfer_canceled', transfer: { reason: 'deadline' } });
  });

  it('whose key stands for another request is 422 and names the field', async () => {
    const rejection = { code: 'idempotency_key_reused', field: 'legs' } as const;
    const answer = await post(await start(answering({ kind: 'refused', rejection })));
    expect(answer.statusCode).toBe(422);
    expect(answer.json()).toMatchObject({ code: 'idempotency_key_reused', field: 'legs' });
  });

  it('is found with what became of it', async () => {
    const rejection = { code: 'account_closed', account: BOB } as const;
    const transfer = async () => transferView({ status: 'rejected', rejection });
    const answer = await get(await start({ reader: { transfer } }), `/v1/transfers/${TRANSFER}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toMatchObject({
      status: 'rejected',
      rejection: { code: 'account_closed', account: BOB },
    });
  });
});

describe('an account', () => {
  it('opened is 201 with its place and its amounts at the scale of its asset', async () => {
    const counters = { debitsPosted: 500n, creditsPosted: 12_345n, debitsPending: 45n, creditsPending: 7n };
    const account = accountView({
      asset: assetOf('POINTS/3'),
      counters,
      version: 4,
      minBalance: -1n,
      metadata: { customer: 'č' },
    });
    const api = await start({ openAccount: async () => ({ kind: 'opened', account, replayed: true }) });
    const answer = await post(api, '/v1/accounts');
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe(`/v1/accounts/${ALICE}`);
    expect(answer.headers['idempotent-replayed']).toBe('true');
    expect(answer.json()).toEqual({
      id: ALICE,
      asset: 'POINTS/3',
      status: 'open',
      balance: '11.845',
      available: '11.800',
      pending_debits: '0.045',
      pending_credits: '0.007',
      min_balance: '-0.001',
      max_balance: null,
      review_debits: false,
      metadata: { customer: 'č' },
      version: 4,
      bucket: 0xaaa,
      shard: 1,
      created_at: '2026-01-02T03:04:05.678Z',
    });
  });

  it('refused is the problem of its rejection', async () => {
    const api = await start({
      openAccount: async () => ({ kind: 'refused', rejection: { code: 'placement_not_allowed' } }),
    });
    const answer = await post(api, '/v1/accounts');
    expect(answer.statusCode).toBe(400);
    expect(answer.json().code).toBe('placement_not_allowed');
  });
});

describe('entries', () => {
  const entry = (version: number): EntryView => ({
    account: ALICE,
    version,
    before: {
      debitsPosted: 0n,
      creditsPosted: BigInt(version - 1) * 100n,
      debitsPending: 0n,
      creditsPending: 0n,
    },
    after: { debitsPosted: 0n, creditsPosted: BigInt(version) * 100n, debitsPending: 0n, creditsPending: 0n },
    transfer: TRANSFER,
    event: `1-${version}`,
    eventType: 'transfer.posted',
    bookedAt: '2026-01-02T03:04:05.678Z',
  });
  const entries = async (_: unknown, id: AccountId, { after, upTo, order, limit }: EntryRange) => {
    const all = [1, 2, 3, 4, 5].filter((version) => version > after && version <= upTo && id === ALICE);
    return (order === 'asc' ? all : all.reverse()).slice(0, limit).map(entry);
  };
  // Each version was booked on its day of January.
  const versionAt = async (_: unknown, __: unknown, at: string) =>
    [1, 2, 3, 4, 5].filter((version) => `2026-01-0${version}T00:00:00.000Z` <= at).at(-1) ?? 0;
  const pageThrough = async (query: string): Promise<number[]> => {
    const api = await start({ reader: { entries, versionAt } });
    const seen: number[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const url: string = `/v1/accounts/${ALICE}/entries?limit=2&${query}${cursor && `&cursor=${cursor}`}`;
      const { data, next_cursor } = (await get(api, url)).json();
      seen.push(...data.map(({ version }: { version: number }) => version));
      cursor = next_cursor;
    }
    return seen;
  };

  it.each([
    ['', [1, 2, 3, 4, 5]],
    ['order=desc', [5, 4, 3, 2, 1]],
    ['from=2026-01-02T00:00:00Z', [2, 3, 4, 5]],
    ['to=2026-01-04T00:00:00Z', [1, 2, 3, 4]],
    ['to=2026-01-04T00:59:59.999%2B01:00', [1, 2, 3]],
    ['from=2026-01-02T00:00:00.001Z&to=2026-01-05T00:00:00Z&order=desc', [5, 4, 3]],
    ['from=2026-02-01T00:00:00Z', []],
    ['to=2025-01-01T00:00:00Z', []],
  ])('come by pages whole and in order: %s', async (query, versions) => {
    expect(await pageThrough(query)).toEqual(versions);
  });

  it("do not take a cursor of the other order for one's own", async () => {
    const api = await start({ reader: { entries } });
    const { next_cursor } = (await get(api, `/v1/accounts/${ALICE}/entries?limit=2`)).json();
    const answer = await get(api, `/v1/accounts/${ALICE}/entries?order=desc&cursor=${next_cursor}`);
    expect(answer.json()).toMatchObject({ status: 400, code: 'invalid_request', field: 'cursor' });
  });

  it('that fill a page exactly have no next one', async () => {
    const api = await start({ reader: { entries } });
    const { data, next_cursor } = (await get(api, `/v1/accounts/${ALICE}/entries?limit=5`)).json();
    expect(data).toHaveLength(5);
    expect(next_cursor).toBeNull();
    expect(data[4]).toEqual({
      version: 5,
      transfer: TRANSFER,
      event: '1-5',
      event_type: 'transfer.posted',
      booked_at: '2026-01-02T03:04:05.678Z',
      balance_before: '4.00',
      available_before: '4.00',
      balance_after: '5.00',
      available_after: '5.00',
      pending_debits_after: '0.00',
      pending_credits_after: '0.00',
    });
  });
});

describe('what breaks', () => {
  it.each([
    ['a shard that does not answer', new ShardUnavailableError(1, 'connect ECONNREFUSED 10.0.0.7')],
    ['a shard this node may not write', new ShardStoppedError(1, 'epoch', 'told 3, head at 4')],
  ])('%s is 503, to be repeated', async (_name, error) => {
    const api = await start({ transfer: () => Promise.reject(error) });
    const answer = await post(api);
    expect(answer.statusCode).toBe(503);
    expect(answer.headers['retry-after']).toBe('1');
    expect(answer.json()).toMatchObject({ status: 503, code: 'shard_unavailable' });
    expect(answer.body).not.toMatch(/10\.0\.0\.7|head at/);
  });

  it('is 500 without a word of the inside, which is in the log under the request id', async () => {
    const api = await start({
      transfer: () => Promise.reject(new Error('relation "secret" does not exist')),
    });
    const answer = await post(api);
    expect(answer.statusCode).toBe(500);
    expect(answer.json()).toMatchObject({ status: 500, code: 'internal_error' });
    expect(answer.body).not.toContain('secret');
    const logged = api.log.find(({ level }) => level === 50);
    expect(logged).toMatchObject({
      reqId: answer.headers['x-request-id'],
      err: { message: expect.stringContaining('secret') },
    });
  });

  it('shows at /readyz, part by part, and not at /livez', async () => {
    const parts = { control: 'ok', 'shard-1': 'does not answer' };
    const api = await start({ readiness: async () => ({ ready: false, parts }) });
    const ready = await api.app.inject({ url: '/readyz' });
    expect(ready.statusCode).toBe(503);
    expect(ready.json()).toEqual({ ready: false, parts });
    expect((await api.app.inject({ url: '/livez' })).statusCode).toBe(200);
  });
});
