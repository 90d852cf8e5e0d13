import { describe, expect, it } from 'vitest';
import type { Rejection } from '../../src/domain/rejections.js';
import type { TransferAnswer } from '../../src/intake/requests.js';
import {
  ALICE,
  accountView,
  askApi as ask,
  assetOf,
  BOB,
  REFERENCE,
  TRANSFER,
  transferView,
} from '../support/api-harness.js';
import { apiStarter } from '../support/kept-apis.js';

/** Many at once: an outcome each, in order; what is wrong in one does nothing at all. */
const start = apiStarter();
const CZK = assetOf('CZK');
const leg = { debit: ALICE, credit: BOB, amount: '12.34', asset: 'CZK' };
const plain = { debit: ALICE, credit: BOB, amount: 1_234n, asset: CZK };
const rejectedTransfer = (rejection: Rejection): TransferAnswer => ({
  kind: 'ended',
  transfer: transferView({ status: 'rejected', rejection }),
  replayed: true,
});

describe('a batch', () => {
  const items = [leg, { legs: [leg, leg] }];

  it('of transfers has an outcome for each, as the item alone would have had', async () => {
    const rejection = { code: 'insufficient_funds', account: ALICE, available: '1', needed: '2' } as const;
    const api = await start({
      transferBatch: async () => [
        { kind: 'ended', transfer: transferView(), replayed: true },
        rejectedTransfer(rejection),
        { kind: 'refused', rejection: { code: 'account_not_found', account: BOB } },
      ],
    });
    const answer = await ask(api, 'POST', '/v1/transfers/batch', { transfers: [...items, leg] });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers).not.toHaveProperty('idempotent-replayed');
    expect(answer.json().data).toMatchObject([
      { status: 201, transfer: { id: TRANSFER, status: 'posted' } },
      { status: 422, problem: { code: 'insufficient_funds', available: '0.01', transfer: { id: TRANSFER } } },
      { status: 404, problem: { code: 'account_not_found', account: BOB } },
    ]);
    expect(answer.json().data[0]).not.toHaveProperty('problem');
    expect(api.last('transferBatch')[0]).toMatchObject({
      key: 'k',
      linked: false,
      items: [{ legs: [plain] }, {}, {}],
    });
  });

  it('that is linked is refused as a whole, and says for which item', async () => {
    const rejection = { code: 'same_account', account: ALICE, index: 1 } as const;
    const api = await start({ transferBatch: async () => ({ kind: 'refused', rejection }) });
    const answer = await ask(api, 'POST', '/v1/transfers/batch', { transfers: items, linked: true });
    expect(answer.json()).toMatchObject({ status: 400, code: 'same_account', index: 1 });
    expect(api.last('transferBatch')[0].linked).toBe(true);
  });

  it.each([
    ['/v1/transfers/batch', { transfers: items }],
    ['/v1/accounts/batch', { accounts: [{ asset: 'CZK' }] }],
  ])('P4: whose key stands for another is 422 as a whole: %s', async (url, body) => {
    const field = 'transfers';
    const refused = {
      kind: 'refused',
      rejection: { code: 'idempotency_key_reused', field },
    } as const;
    const api = await start({
      transferBatch: async () => refused,
      openAccounts: async () => refused,
    });
    expect((await ask(api, 'POST', url, body)).json()).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
      field,
    });
  });

  it('of accounts has an outcome for each', async () => {
    const api = await start({
      openAccounts: async () => [
        { kind: 'opened', account: accountView({ reference: REFERENCE }), replayed: false },
        { kind: 'refused', rejection: { code: 'reference_taken' } },
      ],
    });
    const accounts = [
      { asset: 'CZK', reference: REFERENCE },
      { asset: 'CZK', reference: REFERENCE },
    ];
    const answer = await ask(api, 'POST', '/v1/accounts/batch', { accounts });
    expect(answer.json().data).toMatchObject([
      { status: 201, account: { id: ALICE, reference: REFERENCE } },
      { status: 409, problem: { code: 'reference_taken' } },
    ]);
    expect(api.last('openAccounts')[0].items[1]).toEqual({ asset: CZK, limits: {}, reference: REFERENCE });
  });

  const many = (count: number, item: unknown) => Array.from({ length: count }, () => item);
  it.each([
    ['transfers', { transfers: many(1_001, leg) }, 'too_many_items', 'transfers'],
    ['transfers', { transfers: [] }, 'invalid_request', 'transfers'],
    ['transfers', { transfers: [leg, { ...leg, amount: 1 }] }, 'amount_malformed', 'transfers/1/amount'],
    [
      'transfers',
      { transfers: [leg, { legs: [{ ...leg, amount: '1e3' }] }] },
      'amount_malformed',
      'transfers/1/legs/0/amount',
    ],
    ['transfers', { transfers: [{ legs: many(101, leg) }] }, 'too_many_legs', 'transfers/0/legs'],
    ['transfers', { transfers: [{ ...leg, dry_run: true }] }, 'invalid_request', 'transfers/0/dry_run'],
    ['transfers', { transfers: [leg, { ...leg, asset: 'XXQ' }] }, 'asset_unknown', 'transfers/1/asset'],
    ['accounts', { accounts: many(1_001, { asset: 'CZK' }) }, 'too_many_items', 'accounts'],
    [
      'accounts',
      { accounts: [{ asset: 'CZK', reference: ':' }] },
      'reference_malformed',
      'accounts/0/reference',
    ],
  ] as const)('of %s that is wrong in one item does nothing: %#', async (kind, body, code, field) => {
    const api = await start();
    const answer = await ask(api, 'POST', `/v1/${kind}/batch`, body);
    expect(answer.json()).toMatchObject({ status: 400, code, field });
    expect(api.asked).toEqual([]);
  });

  it('of a thousand is taken', async () => {
    const api = await start();
    expect((await ask(api, 'POST', '/v1/transfers/batch', { transfers: many(1_000, leg) })).statusCode).toBe(
      200,
    );
    expect(api.last('transferBatch')[0].items).toHaveLength(1_000);
  });
});
