import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { API_KEY, createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';

let nodes: TestNodes;
let pair: readonly [NodeProcess, NodeProcess];
let here: TestAccount;
let also: TestAccount;
let there: TestAccount;

beforeAll(async () => {
  nodes = await createTestNodes();
  pair = [nodes.node(), nodes.node()];
  await pair[0].start();
  await pair[1].start();
  const client = nodes.client(...pair);
  here = await nodes.open(client, 'here', 0);
  also = await nodes.open(client, 'also here', 0);
  there = await nodes.open(client, 'there', 1);
});
afterAll(() => nodes.close());

interface Asked {
  readonly status: number;
  readonly body: string;
  readonly replayed: boolean;
}

async function ask(
  node: number,
  key: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Asked> {
  const response = await fetch(`${pair[node % 2 === 0 ? 0 : 1].url}/v1/transfers`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${API_KEY}`,
      'content-type': 'application/json',
      'idempotency-key': key,
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    body: await response.text(),
    replayed: response.headers.has('idempotent-replayed'),
  };
}

const transfer = (from: TestAccount, to: TestAccount, amount: string) => ({
  debit: from.id,
  credit: to.id,
  amount,
  asset: 'EUR',
});

const balanceOf = async ({ id }: TestAccount): Promise<string> => {
  const response = await fetch(`${pair[0].url}/v1/accounts/${id}`, {
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  return ((await response.json()) as TestAccount).balance;
};

describe('P4: one key over two nodes', () => {
  it.each([
    ['in one shard', () => also],
    ['across shards', () => there],
  ])('50 requests at once %s have one effect and equal answers', async (where, to) => {
    const before = Number(await balanceOf(to()));
    const body = transfer(here, to(), '7.00');
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(i, `fifty ${where}`, body)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(new Set(answers.map((answer) => answer.body)).size).toBe(1);
    expect(answers.filter(({ replayed }) => !replayed)).toHaveLength(1);
    expect(Number(await balanceOf(to()))).toBe(before + 7);
  });

  it.each([
    ['in one shard', () => also],
    ['across shards', () => there],
  ])(
    '%s, another body under a used key is a 422 that names the field, and moves nothing',
    async (where, to) => {
      const key = `reused ${where}`;
      await ask(0, key, transfer(here, to(), '1.00'));
      const before = await balanceOf(to());
      const other = await ask(1, key, transfer(here, to(), '2.00'));
      expect(other.status).toBe(422);
      expect(JSON.parse(other.body)).toMatchObject({ code: 'idempotency_key_reused', field: 'legs' });
      expect(await balanceOf(to())).toBe(before);
    },
  );

  it('a rejection is the same bytes for ever, whichever node is asked', async () => {
    const client = nodes.client(...pair);
    const opened = await client.post(0, '/v1/accounts', { asset: 'EUR' }, 'a poor one');
    const poor = JSON.parse(opened.body) as TestAccount;
    const body = transfer(poor, also, '3.00');
    const first = await ask(0, 'too much', body);
    expect(first.status).toBe(422);
    expect(JSON.parse(first.body)).toMatchObject({
      code: 'insufficient_funds',
      available: '0.00',
      needed: '3.00',
    });
    await ask(0, 'some funds', transfer(also, poor, '50.00'));
    const again = await ask(1, 'too much', body);
    expect(again).toEqual({ ...first, replayed: true });
  });

  it('a request that was simply wrong does not burn its key', async () => {
    const nobody = { id: `acc_${here.id.slice(4, 7)}${'0'.repeat(29)}` } as TestAccount;
    for (const to of [nobody, { id: `acc_${there.id.slice(4, 7)}${'0'.repeat(29)}` } as TestAccount]) {
      const key = `wrong ${to.id}`;
      const wrong = await ask(0, key, transfer(here, to, '1.00'));
      expect(wrong.status).toBe(404);
      expect(JSON.parse(wrong.body)).toMatchObject({ code: 'account_not_found', account: to.id });
      expect((await ask(1, key, transfer(here, also, '1.00'))).status).toBe(201);
    }
  });

  it('who would not wait gets a 202, and the end when asking again', async () => {
    const body = transfer(here, there, '1.00');
    const open = await ask(0, 'impatient', body, { prefer: 'respond-async' });
    expect(open.status).toBe(202);
    expect(JSON.parse(open.body)).toMatchObject({ status: 'processing' });
    const ended = await ask(1, 'impatient', body);
    expect(ended).toMatchObject({ status: 201, replayed: true });
  });
});

it('P1, P7, P8: after all of it the audit is clean', async () => {
  expect(await nodes.audit()).toMatchObject({ clean: true, inDoubt: [] });
});
