import { describe, expect, it } from 'vitest';
import { ALICE, API_KEY, askApi as ask, BOB, REFERENCE, TRANSFER } from '../support/api-harness.js';
import { apiStarter } from '../support/kept-apis.js';

/** Accounts changed and found, keys looked up and burnt, and arithmetic. */
const start = apiStarter();
const AT = '2026-01-02T03:04:05.678Z';

describe('an account', () => {
  it('is changed in what is named, and the answer says that and no more', async () => {
    const api = await start();
    const body = { status: 'frozen', review_debits: true, min_balance: null, max_balance: '1.5' };
    const answer = await ask(api, 'PATCH', `/v1/accounts/${ALICE}`, body);
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      account: ALICE,
      operation: TRANSFER,
      status: 'frozen',
      min_balance: null,
      max_balance: '1.50',
      review_debits: true,
      changed_at: AT,
    });
    expect(api.last('changeAccount')[0].change).toEqual({
      status: 'frozen',
      reviewDebits: true,
      minBalance: null,
      maxBalance: 150n,
    });
  });

  it('P4: that may not be changed so is a problem, the same bytes at every repeat', async () => {
    const api = await start({
      changeAccount: async ({ account, change }) => ({
        kind: 'changed',
        operation: TRANSFER,
        account,
        change,
        at: AT,
        rejection: { code: 'account_not_empty', account },
        replayed: true,
      }),
    });
    const close = () => ask(api, 'PATCH', `/v1/accounts/${ALICE}`, { status: 'closed' });
    const [first, again] = [await close(), await close()];
    expect(first.statusCode).toBe(422);
    expect(first.headers['idempotent-replayed']).toBe('true');
    expect(first.json()).toMatchObject({ code: 'account_not_empty', account: ALICE, operation: TRANSFER });
    expect(again.body).toBe(first.body);
  });

  it.each([
    [{}, 'invalid_request', undefined],
    [{ status: 'asleep' }, 'invalid_request', 'status'],
    [{ asset: 'EUR' }, 'invalid_request', 'asset'],
    [{ min_balance: 1 }, 'amount_malformed', 'min_balance'],
    [{ min_balance: '2', max_balance: '1' }, 'limits_crossed', 'max_balance'],
    [{ metadata: { a: 'x'.repeat(4_097) } }, 'metadata_too_large', 'metadata/a'],
  ])('is not changed by %j', async (body, code, field) => {
    const api = await start();
    const answer = await ask(api, 'PATCH', `/v1/accounts/${ALICE}`, body);
    expect(answer.json()).toMatchObject({ status: 400, code, ...(field === undefined ? {} : { field }) });
    expect((await ask(api, 'PATCH', `/v1/accounts/${BOB}`, { status: 'open' })).statusCode).toBe(404);
    expect(api.asked).toEqual([]);
  });

  it('is found by its reference', async () => {
    const api = await start();
    expect((await ask(api, 'GET', `/v1/accounts?reference=${REFERENCE}`)).json()).toMatchObject({
      id: ALICE,
      reference: REFERENCE,
    });
    for (const other of ['customers:alice', 'a::b', '%00', '']) {
      expect((await ask(api, 'GET', `/v1/accounts?reference=${other}`)).json().code).toBe(
        'account_not_found',
      );
    }
    expect((await ask(api, 'GET', '/v1/accounts')).json()).toMatchObject({ status: 400, field: 'reference' });
  });

  it('shows what it held at a booking time', async () => {
    const api = await start();
    const url = `/v1/accounts/${ALICE}/balance`;
    const answer = await ask(api, 'GET', `${url}?at=2026-01-02T03:04:05%2B01:00`);
    expect(answer.json()).toEqual({
      account: ALICE,
      asset: 'CZK',
      at: '2026-01-02T02:04:05.000Z',
      balance: '0.00',
      available: '0.00',
      pending_debits: '0.00',
      pending_credits: '0.00',
      version: 0,
    });
    for (const at of [
      'yesterday',
      '2026-01-02',
      '2026-01-02T03:04:05',
      '2026-13-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
    ]) {
      expect((await ask(api, 'GET', `${url}?at=${at}`)).json()).toMatchObject({
        code: 'time_malformed',
        field: 'at',
      });
    }
    expect((await ask(api, 'GET', url)).json()).toMatchObject({ code: 'invalid_request', field: 'at' });
    expect((await ask(api, 'GET', `/v1/accounts/${BOB}/balance?at=${AT}`)).statusCode).toBe(404);
  });
});

describe('a key', () => {
  const url = '/v1/idempotency-keys';

  it.each([
    [{ kind: 'unused' }, { state: 'unused', subject: null, effect: false, at: null }],
    [
      { kind: 'burnt', at: AT },
      { state: 'burnt', subject: null, effect: false, at: AT },
    ],
    [
      { kind: 'used', subject: ALICE, effect: true, at: AT },
      { state: 'used', subject: ALICE, effect: true, at: AT },
    ],
  ] as const)('is looked up: %j', async (found, shown) => {
    const api = await start({ lookUpKey: async () => found });
    const answer = await ask(api, 'GET', `${url}/order%2F7%20%25`, undefined, '');
    expect(answer.json()).toEqual({ key: 'order/7 %', ...shown });
    expect(api.last('lookUpKey')).toEqual(['shop', 'order/7 %']);
  });

  it('of 255 characters fits, and what is none is refused', async () => {
    const api = await start();
    expect((await ask(api, 'GET', `${url}/${'k'.repeat(255)}`)).statusCode).toBe(200);
    expect((await ask(api, 'GET', `${url}/cl%C3%A9`)).json().code).toBe('idempotency_key_invalid');
  });

  it('is burnt, also by a client that says it sends JSON and sends nothing', async () => {
    const api = await start();
    const headers = { authorization: `Bearer ${API_KEY}`, 'content-type': 'application/json' };
    const answer = await api.app.inject({ method: 'DELETE', url: `${url}/k`, headers });
    expect(answer.json()).toEqual({ key: 'k', state: 'burnt', subject: null, effect: false, at: AT });
  });

  it('that has had its effect is not', async () => {
    const api = await start({
      burnKey: async () => ({ kind: 'used', subject: TRANSFER, effect: true, at: AT }),
    });
    const answer = await ask(api, 'DELETE', `${url}/k`);
    expect(answer.json()).toMatchObject({ status: 409, code: 'key_has_effect', subject: TRANSFER });
  });
});

describe('arithmetic', () => {
  const split = { amount: '100.00', asset: 'CZK', weights: ['1', '1', '1'] };
  const conversion = { amount: '10.01', asset: 'EUR', to: 'CZK', rate: '25.415', rounding: 'half_even' };

  it.each([
    ['splits', split, { amounts: ['33.34', '33.33', '33.33'] }],
    [
      'splits',
      { ...split, amount: '0.05', weights: ['70', '30.0', '0'] },
      { amounts: ['0.04', '0.01', '0.00'] },
    ],
    ['conversions', conversion, { amount: '254.40' }],
    ['conversions', { ...conversion, rounding: 'up' }, { amount: '254.41' }],
    ['conversions', { ...conversion, to: 'JPY', rate: '160' }, { amount: '1602' }],
  ])('%s %j', async (name, body, expected) => {
    const answer = await ask(await start(), 'POST', `/v1/${name}`, body, '');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual(expected);
  });

  it.each([
    ['splits', { ...split, weights: ['0', '0.0'] }, 'weights_malformed', 'weights'],
    ['splits', { ...split, weights: ['1', '-1'] }, 'weights_malformed', 'weights'],
    ['splits', { ...split, weights: ['1', 1] }, 'weights_malformed', 'weights/1'],
    ['splits', { ...split, weights: [] }, 'invalid_request', 'weights'],
    ['splits', { ...split, amount: '-1' }, 'amount_not_positive', 'amount'],
    ['conversions', { ...conversion, rate: '1e3' }, 'rate_malformed', 'rate'],
    ['conversions', { ...conversion, rate: 25 }, 'rate_malformed', 'rate'],
    ['conversions', { ...conversion, to: 'XXQ' }, 'asset_unknown', 'to'],
    ['conversions', { ...conversion, rounding: 'nearest' }, 'invalid_request', 'rounding'],
    ['conversions', { ...conversion, amount: '9'.repeat(36), rate: '100' }, 'amount_too_large', 'amount'],
  ])('%s refuses %j', async (name, body, code, field) => {
    const answer = await ask(await start(), 'POST', `/v1/${name}`, body);
    expect(answer.json()).toMatchObject({ status: 400, code, field });
  });
});
