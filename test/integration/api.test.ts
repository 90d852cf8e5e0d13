import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Account,
  a,
  ask,
  b,
  balanceOf,
  c,
  closeNodes,
  groupOn,
  leg,
  move,
  OTHERS_KEY,
  open,
  startNodes,
} from '../support/two-nodes.js';
import { until } from '../support/until.js';

beforeAll(startNodes);
afterAll(closeNodes);

describe('P4: one key, one effect, one answer', () => {
  it.each([
    ['within a shard', () => b],
    ['across shards', () => c],
  ])('a repeat at the other node gets the same bytes: %s', async (name, to) => {
    const first = await move(`repeat ${name}`, a, to(), '1.25');
    const again = await move(`repeat ${name}`, a, to(), '1.25', { node: 1 });
    expect(first.status).toBe(201);
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(first.headers.get('idempotent-replayed')).toBeNull();
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  it.each([
    ['within a shard', 0],
    ['across shards', 1],
  ])('50 at once over two nodes have one effect and equal answers: %s', async (name, shard) => {
    const to = await open(`fifty ${name}`, { placement_group: await groupOn(shard) });
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        move(`fifty ${name} once`, a, to, '3.00', { node: i % 2, headers: { prefer: 'wait=60' } }),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    expect(answers.filter(({ headers }) => headers.get('idempotent-replayed') === null).length).toBeLessThan(
      2,
    );
    expect(await balanceOf(to)).toBe('3.00');
  });

  it.each([
    ['another amount', () => ({ debit: a.id, credit: b.id, amount: '2.00', asset: 'EUR' })],
    ['another account', () => ({ debit: a.id, credit: c.id, amount: '1.00', asset: 'EUR' })],
    ['one more leg', () => ({ legs: [leg(a, b, '1.00'), leg(a, b, '1.00')] })],
  ])('with %s it is 422, names the field, and does nothing', async (name, body) => {
    const first = await move(`reused ${name}`, a, b, '1.00');
    expect(first.status).toBe(201);
    const before = await balanceOf(a);
    const answer = await ask('/v1/transfers', { node: 1, key: `reused ${name}`, body: body() });
    expect(answer.status).toBe(422);
    expect(answer.json).toMatchObject({ code: 'idempotency_key_reused', field: 'legs' });
    expect(await balanceOf(a)).toBe(before);
    expect((await move(`reused ${name}`, a, b, '1.00')).text).toBe(first.text);
  });

  it('the same transfer written as legs, or with fewer zeros, is the same request', async () => {
    const first = await move('same', a, b, '7.50');
    const again = await ask('/v1/transfers', { key: 'same', body: { legs: [leg(a, b, '7.5')] } });
    expect(again.text).toBe(first.text);
  });

  it('a rejection is the same answer even when funds have come in since', async () => {
    const poor = await open('poor', { placement_group: await groupOn(0) });
    const first = await move('too much', poor, a, '5.00');
    expect(first.status).toBe(422);
    expect(first.json).toMatchObject({
      code: 'insufficient_funds',
      account: poor.id,
      available: '0.00',
      needed: '5.00',
    });
    expect((await move('funds', a, poor, '5.00')).status).toBe(201);
    const again = await move('too much', poor, a, '5.00', { node: 1 });
    expect(again.status).toBe(422);
    expect(again.text).toBe(first.text);
    expect((await move('a new key', poor, a, '5.00')).status).toBe(201);
  });

  it('a request that was simply wrong has not used its key up', async () => {
    const nobody = { ...b, id: `acc_000${'f'.repeat(29)}` };
    expect((await move('mistaken', a, b, '1.234')).json['code']).toBe('amount_too_precise');
    expect((await move('mistaken', a, nobody, '1.00')).json['code']).toBe('account_not_found');
    expect((await move('mistaken', a, a, '1.00')).json['code']).toBe('same_account');
    expect((await move('mistaken', a, b, '0.00')).json['code']).toBe('amount_not_positive');
    expect((await move('mistaken', a, b, '1.00')).status).toBe(201);
  });

  it('an account opened again is the same account, as it was opened', async () => {
    const request = { key: 'twice', body: { asset: 'EUR', min_balance: null, metadata: { name: 'čtyři' } } };
    const first = await ask('/v1/accounts', request);
    await move('into twice', a, first.json as unknown as Account, '9.00');
    const again = await ask('/v1/accounts', { ...request, node: 1 });
    expect(again.status).toBe(201);
    expect(again.text).toBe(first.text);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    const other = await ask('/v1/accounts', { key: 'twice', body: { ...request.body, min_balance: '0' } });
    expect(other.status).toBe(422);
    expect(other.json).toMatchObject({ code: 'idempotency_key_reused', field: 'min_balance' });
  });
});

describe('P6: across shards', () => {
  it('who does not wait is told where to look, and finds it posted', async () => {
    const answer = await move('async', a, c, '4.00', { headers: { prefer: 'respond-async' } });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ status: 'processing', shards: [0, 1] });
    expect(answer.headers.get('preference-applied')).toBe('respond-async');
    const location = answer.headers.get('location') ?? '';
    await until('it is posted', async () => (await ask(location, { node: 1 })).json['status'] === 'posted');
    const again = await move('async', a, c, '4.00', { node: 1 });
    expect(again.status).toBe(201);
    expect(again.json).toEqual((await ask(location)).json);
  });

  it('a transfer refused on the other side is a rejection, and the money is back', async () => {
    const full = await open('full', { max_balance: '1.00', placement_group: await groupOn(1) });
    const before = await balanceOf(a);
    const first = await move('overflows', a, full, '2.00');
    expect(first.status).toBe(422);
    expect(first.json).toMatchObject({ code: 'balance_limit_exceeded', account: full.id });
    expect((await move('overflows', a, full, '2.00', { node: 1 })).text).toBe(first.text);
    const account = (await ask(`/v1/accounts/${a.id}`)).json;
    expect(account['balance']).toBe(before);
    expect(account['pending_debits']).toBe('0.00');
  });
});

describe('P2: entries', () => {
  it('page through without a gap, each balance following from the one before', async () => {
    const account = await open('paged', { placement_group: await groupOn(0) });
    for (let n = 1; n <= 7; n += 1) expect((await move(`page ${n}`, a, account, `${n}.00`)).status).toBe(201);
    const seen: Readonly<Record<string, unknown>>[] = [];
    for (let query = '?limit=3'; query !== ''; ) {
      const { data, next_cursor } = (await ask(`/v1/accounts/${account.id}/entries${query}`, { node: 1 }))
        .json;
      seen.push(...(data as typeof seen));
      query = next_cursor === null ? '' : `?limit=3&cursor=${next_cursor}`;
    }
    expect(seen.map(({ version }) => version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const after = seen.map(({ balance_after }) => balance_after);
    expect(after).toEqual(['1.00', '3.00', '6.00', '10.00', '15.00', '21.00', '28.00']);
    expect(seen.map(({ balance_before }) => balance_before)).toEqual(['0.00', ...after.slice(0, -1)]);
    expect(await balanceOf(account)).toBe('28.00');
  });
});

describe('P10: one tenant', () => {
  const asOther = { headers: { authorization: `Bearer ${OTHERS_KEY}` } };

  it("does not see another's accounts, entries and transfers", async () => {
    const { json } = await move('private', a, b, '1.00');
    const paths = [`/v1/accounts/${a.id}`, `/v1/accounts/${a.id}/entries`, `/v1/transfers/${json['id']}`];
    for (const path of paths) expect((await ask(path, asOther)).status, path).toBe(404);
  });

  it("does not touch another's holds and accounts, nor find them by name, nor its keys", async () => {
    const group = await groupOn(0);
    const named = await open('named', { placement_group: group, reference: 'private:named' });
    const held = await ask('/v1/transfers', {
      key: 'private hold',
      body: { ...leg(a, b, '1.00'), hold: true },
    });
    expect(held.status, held.text).toBe(201);
    const url = `/v1/transfers/${held.json['id']}`;
    const theirs = [
      ask(`${url}/captures`, { ...asOther, key: 'x1', body: {} }),
      ask(`${url}/void`, { ...asOther, key: 'x2', body: {} }),
      ask(`${url}/reversals`, { ...asOther, key: 'x3', body: {} }),
      ask(`/v1/accounts/${named.id}`, { ...asOther, method: 'PATCH', key: 'x4', body: { status: 'closed' } }),
      ask('/v1/accounts?reference=private:named', asOther),
      ask(`/v1/accounts/${named.id}/balance?at=2026-01-01T00:00:00Z`, asOther),
    ];
    expect((await Promise.all(theirs)).map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404]);
    const key = await ask('/v1/idempotency-keys/private%20hold', asOther);
    expect(key.json).toMatchObject({ state: 'unused', subject: null });
    expect((await ask(url)).json).toMatchObject({ status: 'held', hold: [{ remaining: '1.00' }] });
  });

  it("does not move another's money, nor meet another's keys", async () => {
    const before = await balanceOf(a);
    const stolen = await move('theft', a, b, '1.00', asOther);
    expect(stolen.status).toBe(404);
    expect(stolen.json['code']).toBe('account_not_found');
    expect(await balanceOf(a)).toBe(before);
    await open('shared key');
    const own = await ask('/v1/accounts', { ...asOther, key: 'shared key', body: { asset: 'CZK' } });
    expect(own.status).toBe(201);
    expect(own.headers.get('idempotent-replayed')).toBeNull();
  });
});

it('nodes say that they are ready, and what they take', async () => {
  for (const node of [0, 1]) {
    const ready = await ask('/readyz', { node });
    expect(ready.status).toBe(200);
    expect(ready.json).toEqual({ ready: true, parts: { control: 'ok', 'shard-0': 'ok', 'shard-1': 'ok' } });
  }
  expect((await ask('/openapi.json')).json['openapi']).toBe('3.1.0');
});
