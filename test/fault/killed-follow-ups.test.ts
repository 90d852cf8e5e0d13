import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';

const TIMES = 4;
let nodes: TestNodes;
let node: NodeProcess;
let client: ApiClient;
/** On shard 0, and two on shard 1, of which the last takes nothing in. */
let a: TestAccount;
let c: TestAccount;
let full: TestAccount;

beforeAll(async () => {
  nodes = await createTestNodes();
  node = nodes.node();
  await node.start();
  client = nodes.client(node);
  a = await nodes.open(client, 'a', 0);
  c = await nodes.open(client, 'c', 1);
  full = await nodes.open(client, 'full', 1, { max_balance: '0.00' });
});
afterAll(() => nodes.close());

interface Shown {
  readonly id: string;
  readonly balance: string;
  readonly pending_debits: string;
  readonly reversed?: unknown;
  readonly hold?: unknown;
}
const show = (path: string): Promise<Shown> => client.get<Shown>(0, path);
const amountsOf = async ({ id }: TestAccount) => {
  const { balance, pending_debits: pending } = await show(`/v1/accounts/${id}`);
  return [Number(balance), Number(pending)];
};

/** One earlier transfer, or hold, and what is done to it several times at once by a client that repeats. */
async function earlier(name: string, to: TestAccount, hold: boolean): Promise<string> {
  const body = { debit: a.id, credit: to.id, amount: '10.00', asset: 'EUR', hold };
  const made = await client.post(0, '/v1/transfers', body, `${name} earlier`);
  expect(made.status).toBe(201);
  return (JSON.parse(made.body) as Shown).id;
}
const doSome = (name: string, id: string, what: 'captures' | 'reversals') =>
  Promise.all(
    Array.from({ length: TIMES }, (_, i) =>
      client.post(0, `/v1/transfers/${id}/${what}`, { legs: [{ leg: 0, amount: '2.00' }] }, `${name} ${i}`),
    ),
  );

describe('P4, P6, P9: a node killed while it captures or reverses across shards', () => {
  it.each([
    ['capture', 'captures', false],
    ['pivot', 'captures', false],
    ['confirm', 'captures', false],
    ['cancel', 'captures', true],
    ['reverse', 'reversals', false],
    ['pivot', 'reversals', false],
    ['confirm', 'reversals', false],
  ] as const)(
    'before, and again after, the %s of %s (refused at the pivot: %s): nothing is lost, doubled or left set aside',
    async (point, what, refused) => {
      const name = `${point} ${what} ${refused}`;
      const to = refused ? full : c;
      const id = await earlier(name, to, what === 'captures');
      const before = await Promise.all([a, to].map(amountsOf));
      await node.stop();
      await node.start({ SALDO_FAULTS: `before-${point}` });
      const answers = doSome(name, id, what);
      for (const next of [`after-${point}`, '']) {
        expect(await node.ended()).toBe('SIGKILL');
        const started = node.start({ SALDO_FAULTS: next });
        // With a fault armed it may die before it says that it is ready.
        await (next === '' ? started : started.catch(() => undefined));
      }
      const first = await answers;
      expect(first.map(({ status }) => status)).toEqual(Array(TIMES).fill(refused ? 422 : 201));
      expect(await doSome(name, id, what)).toEqual(first);
      const moved = refused ? 0 : what === 'captures' ? 2 * TIMES : -2 * TIMES;
      const captured = what === 'captures' ? moved : 0;
      const [from, into] = before as [number[], number[]];
      expect(await Promise.all([a, to].map(amountsOf))).toEqual([
        [(from[0] ?? 0) - moved, (from[1] ?? 0) - captured],
        [(into[0] ?? 0) + moved, into[1]],
      ]);
      const seen = await show(`/v1/transfers/${id}`);
      expect(seen.reversed).toEqual(what === 'captures' ? undefined : [{ leg: 0, amount: '8.00' }]);
      const hold = refused
        ? [{ leg: 0, remaining: '10.00', captured: '0.00' }]
        : [{ leg: 0, remaining: '2.00', captured: '8.00' }];
      expect(seen.hold).toEqual(what === 'captures' ? hold : undefined);
      expect(await nodes.audit()).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
    },
    120_000,
  );
});
