import { describe, expect, it } from 'vitest';
import type { Rejection } from '../../src/domain/rejections.js';
import type { TransferAnswer } from '../../src/intake/requests.js';
import { ALICE, askApi as ask, assetOf, BOB, TRANSFER, transferView } from '../support/api-harness.js';
import { apiStarter } from '../support/kept-apis.js';

/** Transfers with all that they may say, and what is done to earlier ones: as the ledger is asked, and as it answers. */
const start = apiStarter();
const CZK = assetOf('CZK');
const leg = { debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' };
const plain = { debit: ALICE, credit: BOB, amount: 1_234n, asset: CZK };
const AT = '2026-01-02T03:04:05.678Z';
const rejectedTransfer = (rejection: Rejection): TransferAnswer => ({
  kind: 'ended',
  transfer: transferView({ status: 'rejected', rejection }),
  replayed: true,
});

describe('a transfer', () => {
  it('carries what its caller says of it, times in UTC, and leaves out what is false', async () => {
    const api = await start();
    await ask(api, 'POST', '/v1/transfers', {
      ...leg,
      reference: 'order 7',
      metadata: { a: 'b' },
      effective_at: '2026-03-01T00:30:00.1239+01:00',
      up_to: false,
      hold: false,
      dry_run: false,
    });
    expect(api.last('transfer')[0]).toEqual({
      tenant: 'shop',
      key: 'k',
      legs: [plain],
      details: { reference: 'order 7', metadata: { a: 'b' }, effectiveAt: '2026-02-28T23:30:00.123Z' },
    });
  });

  it('of several assets carries the rates between its legs', async () => {
    const api = await start();
    const rate = { rate: '0.04', rounding: 'half_up' };
    await ask(api, 'POST', '/v1/transfers', {
      legs: [leg, { ...leg, asset: 'EUR', amount: '0.49' }],
      fx: [{ sell_leg: 0, buy_leg: 1, ...rate }],
    });
    expect(api.last('transfer')[0]).toMatchObject({
      legs: [plain, { amount: 49n, asset: 'EUR/2' }],
      details: { fx: [{ sell: 0, buy: 1, ...rate }] },
    });
  });

  it('rejected shows the amounts in the asset of the account that it is about', async () => {
    const carol = `acc_${'d'.repeat(32)}` as typeof ALICE;
    const points = { debit: carol, credit: BOB, amount: 1n, asset: assetOf('POINTS/3') };
    const rejection = { code: 'insufficient_funds', account: carol, available: '1', needed: '2' } as const;
    const transfer = transferView({ status: 'rejected', rejection, legs: [plain, points] });
    const api = await start({ transfer: async () => ({ kind: 'ended', transfer, replayed: false }) });
    const { available, asset } = (await ask(api, 'POST', '/v1/transfers', leg)).json();
    expect({ available, asset }).toEqual({ available: '0.001', asset: 'POINTS/3' });
  });

  it('held is 201, with what is set aside by leg', async () => {
    const { endedAt: _, ...held } = transferView({ kind: 'hold', status: 'held', expiresAt: AT });
    const hold = [{ remaining: 1_000n, capturing: 0n, captured: 234n }];
    const api = await start({
      transfer: async () => ({ kind: 'ended', transfer: { ...held, hold }, replayed: false }),
    });
    const answer = await ask(api, 'POST', '/v1/transfers', { ...leg, hold: true, expires_at: AT });
    expect(answer.statusCode).toBe(201);
    expect(answer.json()).toMatchObject({
      kind: 'hold',
      status: 'held',
      expires_at: AT,
      hold: [{ leg: 0, remaining: '10.00', captured: '2.34' }],
    });
    expect(api.last('transfer')[0].hold).toEqual({ expiresAt: AT });
  });

  it('tried dry needs no key, has no id, and a rejection is no problem', async () => {
    const rejection = { code: 'insufficient_funds', account: ALICE, available: '1', needed: '2' } as const;
    const api = await start({ dryRun: async () => rejectedTransfer(rejection) });
    const answer = await ask(api, 'POST', '/v1/transfers', { ...leg, dry_run: true }, '');
    expect(answer.statusCode).toBe(200);
    expect(answer.json()).toEqual({
      dry_run: true,
      kind: 'transfer',
      status: 'rejected',
      legs: [leg],
      rejection: expect.objectContaining({ code: 'insufficient_funds', available: '0.01' }),
      shards: [1],
    });
    expect(api.asked.map(({ name }) => name)).toEqual(['dryRun']);
  });

  it('is shown with all that was done to it', async () => {
    const transfer = transferView({
      captures: [TRANSFER],
      reversals: [TRANSFER],
      reversed: [34n],
      upTo: 5_000n,
      details: { reference: 'r', fx: [{ sell: 0, buy: 1, rate: '2', rounding: 'down' }] },
    });
    const api = await start({ reader: { transfer: async () => transfer } });
    expect((await ask(api, 'GET', `/v1/transfers/${TRANSFER}`)).json()).toMatchObject({
      captures: [TRANSFER],
      reversals: [TRANSFER],
      reversed: [{ leg: 0, amount: '0.34' }],
      up_to: '50.00',
      reference: 'r',
      fx: [{ sell_leg: 0, buy_leg: 1, rate: '2', rounding: 'down' }],
    });
  });
});

describe('an earlier transfer', () => {
  it.each([
    [
      'some, more to come',
      { legs: [{ leg: 0, amount: '1.5' }] },
      { parts: [{ leg: 0, amount: 150n }], final: false },
    ],
    [
      'the last of it',
      { legs: [{ leg: 0, amount: '1' }], final: true },
      { parts: [{ leg: 0, amount: 100n }], final: true },
    ],
    ['all that remains', {}, { final: true }],
    ['all that remains, without a body', undefined, { final: true }],
  ])('is captured: %s', async (_name, body, asked) => {
    const api = await start();
    const answer = await ask(api, 'POST', `/v1/transfers/${TRANSFER}/captures`, body);
    expect(answer.statusCode).toBe(201);
    expect(answer.headers.location).toBe(`/v1/transfers/${TRANSFER}`);
    expect(api.last('capture')[0]).toEqual({ tenant: 'shop', key: 'k', hold: TRANSFER, ...asked });
  });

  it('is reversed in part, with details', async () => {
    const api = await start();
    const body = { legs: [{ leg: 0, amount: '0.01' }], reference: 'returned' };
    expect((await ask(api, 'POST', `/v1/transfers/${TRANSFER}/reversals`, body)).statusCode).toBe(201);
    expect(api.last('reverse')[0]).toEqual({
      tenant: 'shop',
      key: 'k',
      original: TRANSFER,
      parts: [{ leg: 0, amount: 1n }],
      details: { reference: 'returned' },
    });
  });

  it('is voided, and the hold is the answer however it was left', async () => {
    const transfer = transferView({
      kind: 'hold',
      status: 'canceled',
      hold: [{ remaining: 0n, capturing: 0n, captured: 0n }],
    });
    const api = await start({ void: async () => ({ kind: 'ended', transfer, replayed: true }) });
    const answer = await ask(api, 'POST', `/v1/transfers/${TRANSFER}/void`);
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['idempotent-replayed']).toBe('true');
    expect(answer.json()).toMatchObject({ status: 'canceled', hold: [{ remaining: '0.00' }] });
  });

  it('P4: a recorded refusal is the same bytes at every repeat, with or without a transfer', async () => {
    const rejection = { code: 'hold_closed' } as const;
    const api = await start({
      void: async () => ({ kind: 'refused', rejection }),
      capture: async () => rejectedTransfer(rejection),
    });
    for (const operation of ['void', 'captures']) {
      const url = `/v1/transfers/${TRANSFER}/${operation}`;
      const [first, again] = [await ask(api, 'POST', url), await ask(api, 'POST', url)];
      expect(first.json()).toMatchObject({ status: 422, code: 'hold_closed' });
      expect(again.body).toBe(first.body);
    }
  });

  it.each([
    ['captures', { legs: [{ leg: 1, amount: '1' }] }, 'leg_not_found', 'legs/0/leg'],
    ['captures', { legs: [{ leg: 0, amount: '1.234' }] }, 'amount_too_precise', 'legs/0/amount'],
    ['captures', { legs: [{ leg: 0, amount: '-1' }] }, 'amount_not_positive', 'legs/0/amount'],
    ['captures', { legs: [{ leg: 0 }] }, 'invalid_request', 'legs/0/amount'],
    ['captures', { legs: [] }, 'invalid_request', 'legs'],
    ['captures', { final: false }, 'invalid_request', 'final'],
    ['captures', { amount: '1' }, 'invalid_request', 'amount'],
    ['reversals', { final: true }, 'invalid_request', 'final'],
    ['reversals', { effective_at: 'today' }, 'time_malformed', 'effective_at'],
    ['void', { reason: 'x' }, 'invalid_request', 'reason'],
  ])('%s refuses %j', async (operation, body, code, field) => {
    const api = await start();
    const answer = await ask(api, 'POST', `/v1/transfers/${TRANSFER}/${operation}`, body);
    expect(answer.json()).toMatchObject({ status: 400, code, field });
    expect(api.asked).toEqual([]);
  });

  it.each(['captures', 'reversals', 'void'])(
    '%s needs a key and a transfer of the tenant',
    async (operation) => {
      const api = await start();
      const keyless = await ask(api, 'POST', `/v1/transfers/${TRANSFER}/${operation}`, {}, '');
      expect(keyless.json()).toMatchObject({ status: 400, code: 'idempotency_key_missing' });
      for (const id of [`tr_${'d'.repeat(32)}`, 'batch', 'first']) {
        const answer = await ask(api, 'POST', `/v1/transfers/${id}/${operation}`, {});
        expect(answer.json()).toMatchObject({ status: 404, code: 'transfer_not_found' });
      }
      expect(api.asked).toEqual([]);
    },
  );
});
