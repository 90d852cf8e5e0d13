import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import { docExamples, idsIn, masked } from '../support/api-harness.js';
import {
  a,
  ask,
  b,
  balanceOf,
  c,
  closeNodes,
  groupOn,
  leg,
  move,
  nodes,
  OTHERS_KEY,
  open,
  startNodes,
} from '../support/two-nodes.js';
import { until } from '../support/until.js';

interface FoundPage {
  readonly data: readonly unknown[];
  readonly as_of: readonly { readonly behind: number }[];
}

beforeAll(startNodes);
afterAll(closeNodes);

describe('the read model', () => {
  it('finds what was acknowledged soon after, for its tenant only, and says how far it is behind', async () => {
    const body = {
      debit: a.id,
      credit: c.id,
      amount: '3.21',
      asset: 'EUR',
      reference: 'found me',
      metadata: { 'a b': 'ü' },
    };
    const made = await ask('/v1/transfers', { key: 'to be found', body });
    expect(made.status).toBe(201);
    const query = new URLSearchParams({
      reference: 'found me',
      account: c.id,
      'metadata[a b]': 'ü',
      status: 'posted',
    });
    const search = async (headers = {}) => {
      const { status, json } = await ask(`/v1/transfers?${query}`, { headers });
      return status === 200 ? (json as unknown as FoundPage) : { data: [], as_of: [{ behind: -1 }] };
    };
    await until('it is found', async () => {
      const { data, as_of: lag } = await search();
      return data.length === 1 && lag.every(({ behind }) => behind === 0);
    });
    const found = await search();
    expect(found.data).toMatchObject([
      { id: made.json['id'], legs: [{ amount: '3.21' }], reference: 'found me' },
    ]);
    expect(found.as_of).toMatchObject([{ shard: 0 }, { shard: 1 }]);
    const asOther = { authorization: `Bearer ${OTHERS_KEY}` };
    expect(await ask(`/v1/transfers?${query}`, { headers: asOther })).toMatchObject({
      status: 200,
      json: { data: [] },
    });
    const before = await ask(`/v1/accounts/${c.id}/balance?effective_at=2020-01-01T00:00:00Z`);
    expect(before.json).toMatchObject({ balance: '0.00' });
    const now = await ask(`/v1/accounts/${c.id}/balance?effective_at=2999-01-01T00:00:00Z`);
    expect(now.json['balance']).toBe(await balanceOf(c));
  });
});

describe('holds and batches, as many clients meet them', () => {
  it('P3: captures at once over two nodes never take more than the hold', async () => {
    const held = await ask('/v1/transfers', { key: 'raced', body: { ...leg(a, b, '5.00'), hold: true } });
    const url = `/v1/transfers/${held.json['id']}`;
    const body = { legs: [{ leg: 0, amount: '1.00' }] };
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) =>
        ask(`${url}/captures`, { key: `raced ${n % 8}`, node: n % 2, body }),
      ),
    );
    // Eight keys, each from two sides at once: the two get the same, five of the keys get a capture.
    const byKey = answers.slice(0, 8).map(({ text }, n) => [text, answers[n + 8]?.text]);
    for (const [one, other] of byKey) expect(other).toBe(one);
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10);
    expect((await ask(url)).json).toMatchObject({
      status: 'posted',
      hold: [{ leg: 0, remaining: '0.00', captured: '5.00' }],
    });
  });

  it('P4: a batch within and across shards is the same bytes at the other node', async () => {
    const heldApart = { legs: [leg(a, c, '3.00'), leg(c, a, '1.00')], hold: true };
    const body = { transfers: [leg(a, b, '1.00'), leg(a, c, '2.00'), heldApart] };
    const headers = { prefer: 'wait=60' };
    const first = await ask('/v1/transfers/batch', { key: 'mixed', body, headers });
    const items = first.json['data'] as readonly { status: number; transfer?: { status: string } }[];
    expect(items.map(({ status }) => status)).toEqual([201, 201, 201]);
    expect(items.map(({ transfer }) => transfer?.status)).toEqual(['posted', 'posted', 'held']);
    const again = await ask('/v1/transfers/batch', { key: 'mixed', body, headers, node: 1 });
    expect(again.text).toBe(first.text);
    const other = { transfers: [leg(a, b, '1.00')] };
    expect((await ask('/v1/transfers/batch', { key: 'mixed', body: other })).json).toMatchObject({
      status: 422,
      code: 'idempotency_key_reused',
    });
  });

  it('what is wrong in form leaves the key unused', async () => {
    const wrong = [
      { ...leg(a, b, '1.00'), metadata: { a: 'x'.repeat(20_000) } },
      { ...leg(a, b, '1.00'), effective_at: 'now' },
      { legs: Array.from({ length: 101 }, () => leg(a, b, '1.00')) },
      leg(a, b, '-1.00'),
      leg(a, b, '9'.repeat(60)),
      leg(a, a, '1.00'),
    ];
    for (const body of wrong) expect((await ask('/v1/transfers', { key: 'wrong', body })).status).toBe(400);
    expect((await ask('/v1/idempotency-keys/wrong')).json).toMatchObject({ state: 'unused' });
  });

  it('P2: a balance and a statement as of a booking time are what the entries say', async () => {
    const account = await open('dated', { placement_group: await groupOn(0) });
    for (const n of [1, 2, 3]) await move(`dated ${n}`, a, account, `${n}.00`);
    const url = `/v1/accounts/${account.id}`;
    const { data } = (await ask(`${url}/entries`)).json;
    const entries = data as readonly { booked_at: string; balance_after: string; version: number }[];
    for (const { booked_at } of entries) {
      const upTo = entries.filter((one) => one.booked_at <= booked_at);
      const { json } = await ask(`${url}/balance?at=${booked_at}`);
      expect(json).toMatchObject({ balance: upTo.at(-1)?.balance_after, version: upTo.length });
      const from = (await ask(`${url}/entries?order=desc&from=${booked_at}`)).json['data'];
      expect(from).toEqual(entries.filter((one) => one.booked_at >= booked_at).reverse());
    }
  });
});

it('docs/ledger.md: each operation is answered as it says, and again the same', async () => {
  const page = readFileSync(join(packageRoot(), 'docs', 'ledger.md'), 'utf8');
  const named = new Map<string, string>();
  const fill = (text: string): string =>
    text.replaceAll(/\$([A-Z_]+)/g, (_, name) => named.get(name) ?? name);
  let count = 0;
  for (const { method, path, key, body, status, answer, names } of docExamples(page, fill)) {
    const request = {
      method,
      ...(key === undefined ? {} : { key }),
      ...(body === undefined ? {} : { body }),
    };
    const first = await ask(path, request);
    expect({ path, status: first.status, json: masked(first.json) }).toEqual({
      path,
      status,
      json: masked(answer),
    });
    if (key !== undefined && !('instance' in first.json)) {
      expect((await ask(path, { ...request, node: 1 })).text, key).toBe(first.text);
    }
    for (const [index, name] of names.entries()) named.set(name, String(idsIn(first.json)[index]));
    count += 1;
  }
  expect(count).toBeGreaterThan(25);
});

it('P1, P7, P8: after all of it the audit is clean and nothing is in doubt', async () => {
  expect(await nodes.audit()).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
});
