import { expect } from 'vitest';
import { ApiKeys } from '../../src/control/api-keys.js';
import { createPool } from '../../src/storage/pools.js';
import { API_KEY, createTestNodes, type TestNodes } from './test-nodes.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // The bodies' form is the subject of test/unit/api-openapi.test.ts.
  readonly json: Readonly<Record<string, unknown>>;
}
export interface Ask {
  /** POST with a body, GET without, if not said. */
  readonly method?: string;
  /** 0 or 1. */
  readonly node?: number;
  readonly key?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
export interface Account {
  readonly id: string;
  readonly shard: number;
}

export const OTHERS_KEY = 'sk_other_0123456789abcdefghijklmnop';
export let nodes: TestNodes;
let urls: readonly string[];
/** Two on shard 0, one on shard 1; all may go below zero. */
export let a: Account;
export let b: Account;
export let c: Account;

export async function startNodes(): Promise<void> {
  nodes = await createTestNodes();
  const both = [nodes.node(), nodes.node()];
  await both[0]?.start();
  await both[1]?.start();
  urls = both.map(({ url }) => url);
  const client = nodes.client(...both);
  a = await nodes.open(client, 'a', 0);
  b = await nodes.open(client, 'b', 0);
  c = await nodes.open(client, 'c', 1);
  await otherTenant();
}

export const closeNodes = (): Promise<void> => nodes.close();

async function otherTenant(): Promise<void> {
  const tenant = await nodes.shards.tenant('other', 'spread');
  const control = createPool({ url: nodes.shards.controlUrl, role: 'owner', name: 'test' });
  await new ApiKeys(control).create(tenant, OTHERS_KEY);
  await control.end();
}

export async function ask(
  path: string,
  { node = 0, method, key, body, headers = {} }: Ask = {},
): Promise<Answer> {
  const response = await fetch(`${urls[node]}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${API_KEY}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: JSON.parse(text) };
}

export const move = (
  key: string,
  from: Account,
  to: Account,
  amount: string,
  more: Ask = {},
): Promise<Answer> =>
  ask('/v1/transfers', { ...more, key, body: { debit: from.id, credit: to.id, amount, asset: 'EUR' } });

export const balanceOf = async ({ id }: Account): Promise<unknown> =>
  (await ask(`/v1/accounts/${id}`)).json['balance'];

export async function open(key: string, body: Readonly<Record<string, unknown>> = {}): Promise<Account> {
  const answer = await ask('/v1/accounts', { key, body: { asset: 'EUR', ...body } });
  expect(answer.status, answer.text).toBe(201);
  return answer.json as unknown as Account;
}

export const leg = (from: Account, to: Account, amount: string) => ({
  debit: from.id,
  credit: to.id,
  amount,
  asset: 'EUR',
});

/** A placement group whose accounts lie on that shard, found as a client would: by opening one. */
export async function groupOn(shard: number): Promise<string> {
  for (let n = 0; ; n += 1) {
    const group = `api-${n}`;
    if ((await open(`probe ${group}`, { placement_group: group })).shard === shard) return group;
  }
}
