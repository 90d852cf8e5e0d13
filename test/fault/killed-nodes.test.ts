import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/config/package-root.js';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';

const TRANSFERS = 8;
let nodes: TestNodes;
let node: NodeProcess;
let client: ApiClient;
/** Two on shard 0, two on shard 1; the last takes nothing in. */
let a: TestAccount;
let b: TestAccount;
let c: TestAccount;
let full: TestAccount;

beforeAll(async () => {
  nodes = await createTestNodes();
  node = nodes.node();
  await node.start();
  client = nodes.client(node);
  a = await nodes.open(client, 'a', 0);
  b = await nodes.open(client, 'b', 0);
  c = await nodes.open(client, 'c', 1);
  full = await nodes.open(client, 'full', 1, { max_balance: '0.00' });
  await node.stop();
});
afterAll(() => nodes.close());

const balanceOf = async ({ id }: TestAccount): Promise<number> =>
  Number((await client.get<TestAccount>(0, `/v1/accounts/${id}`)).balance);

/** Some transfers from `from` to `to`, by a client that repeats until the answer is definite. */
const moveSome = (name: string, from: TestAccount, to: TestAccount) =>
  Promise.all(
    Array.from({ length: TRANSFERS }, (_, i) =>
      client.post(
        0,
        '/v1/transfers',
        { debit: from.id, credit: to.id, amount: '1.00', asset: 'EUR' },
        `${name} ${i}`,
      ),
    ),
  );

async function nothingLostNothingDoubled(
  name: string,
  from: TestAccount,
  to: TestAccount,
  expected: { readonly status: number; readonly balance: number },
): Promise<void> {
  expect(await balanceOf(to)).toBe(expected.balance);
  const again = await moveSome(name, from, to);
  expect(await balanceOf(to)).toBe(expected.balance);
  expect(again.map(({ status }) => status)).toEqual(Array(TRANSFERS).fill(expected.status));
  const report = await nodes.audit();
  expect(report).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
}

describe('P4, P5, P6, P9: a node killed and started again', () => {
  it.each([
    ['claim', 'local'],
    ['post', 'local'],
    ['claim', 'across'],
    ['try', 'across'],
    ['pivot', 'across'],
    ['confirm', 'across'],
    ['cancel', 'across, to be refused'],
  ])(
    'before, and again after, the %s of a transfer that is %s: nothing is lost or doubled, all has ended',
    async (point, where) => {
      const refused = where === 'across, to be refused';
      const [from, to] = where === 'local' ? [a, b] : [a, refused ? full : c];
      const name = `${point} ${where}`;
      await node.start({ SALDO_FAULTS: `before-${point}` });
      const before = await balanceOf(to);
      const answers = moveSome(name, from, to);
      for (const next of [`after-${point}`, '']) {
        expect(await node.ended()).toBe('SIGKILL');
        const started = node.start({ SALDO_FAULTS: next });
        // With a fault armed it may die before it says that it is ready.
        await (next === '' ? started : started.catch(() => undefined));
      }
      const first = await answers;
      const expected = refused
        ? { status: 422, balance: before }
        : { status: 201, balance: before + TRANSFERS };
      expect(first.map(({ status }) => status)).toEqual(Array(TRANSFERS).fill(expected.status));
      await nothingLostNothingDoubled(name, from, to, expected);
      expect(await moveSome(name, from, to)).toEqual(first);
      await node.stop();
    },
    120_000,
  );

  it.each(['after-relay-send', 'after-relay-commit'])(
    '%s: the journal has every event once',
    async (point) => {
      const serving = nodes.node('--roles', 'api,worker,pump');
      await serving.start();
      client = nodes.client(serving);
      const before = await balanceOf(c);
      const name = `${point} transfers`;
      await moveSome(name, a, c);
      const args = [join(packageRoot(), 'bin', 'saldo.js'), 'node', '--roles', 'relay'];
      const relay = (env: Readonly<Record<string, string | undefined>>) =>
        spawn(process.execPath, args, { env, stdio: 'ignore' });
      expect(await once(relay({ ...nodes.env, SALDO_FAULTS: point }), 'exit')).toEqual([null, 'SIGKILL']);
      const next = relay(nodes.env);
      await nothingLostNothingDoubled(name, a, c, { status: 201, balance: before + TRANSFERS });
      next.kill('SIGTERM');
      await once(next, 'exit');
      await serving.stop();
    },
  );
});
