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
/** Two on shard 0, one on shard 1. */
let a: TestAccount;
let b: TestAccount;
let c: TestAccount;

beforeAll(async () => {
  nodes = await createTestNodes();
  node = nodes.node();
  await node.start();
  client = nodes.client(node);
  a = await nodes.open(client, 'a', 0);
  b = await nodes.open(client, 'b', 0);
  c = await nodes.open(client, 'c', 1);
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
  before: number,
): Promise<void> {
  expect(await balanceOf(to)).toBe(before + TRANSFERS);
  const again = await moveSome(name, from, to);
  expect(await balanceOf(to)).toBe(before + TRANSFERS);
  expect(again.every(({ status }) => status === 201)).toBe(true);
  const report = await nodes.audit();
  expect(report).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
}

describe('P4, P5, P6, P9: a node killed and started again', () => {
  it.each([
    ['after-claim', 'local'],
    ['after-post', 'local'],
    ['after-try', 'across'],
    ['after-pivot', 'across'],
    ['after-confirm', 'across'],
    ['after-claim', 'across'],
  ])('%s of a transfer that is %s: nothing is lost or doubled, all has ended', async (point, where) => {
    const [from, to] = where === 'local' ? [a, b] : [a, c];
    const name = `${point} ${where}`;
    await node.start({ SALDO_FAULTS: point });
    const before = await balanceOf(to);
    const answers = moveSome(name, from, to);
    expect(await node.ended()).toBe('SIGKILL');
    await node.start();
    const first = await answers;
    expect(first.map(({ status }) => status)).toEqual(Array(TRANSFERS).fill(201));
    await nothingLostNothingDoubled(name, from, to, before);
    expect(await moveSome(name, from, to)).toEqual(first);
    await node.stop();
  });

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
      await nothingLostNothingDoubled(name, a, c, before);
      next.kill('SIGTERM');
      await once(next, 'exit');
      await serving.stop();
    },
  );
});
