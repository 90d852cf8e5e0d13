import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

let nodes: TestNodes;
let node: NodeProcess;
let client: ApiClient;
/** Two that pay, on shards 0 and 1, and one that is paid. */
let payers: TestAccount[];
let shop: TestAccount;

beforeAll(async () => {
  nodes = await createTestNodes();
  node = nodes.node();
  await node.start();
  client = nodes.client(node);
  payers = [await nodes.open(client, 'a', 0), await nodes.open(client, 'b', 1)];
  shop = await nodes.open(client, 'shop', 1);
  await node.stop();
});
afterAll(() => nodes.close());

interface Shown {
  readonly id: string;
  readonly status: string;
  readonly pending_debits: string;
}
const pending = () =>
  Promise.all(
    payers.map(async ({ id }) => Number((await client.get<Shown>(0, `/v1/accounts/${id}`)).pending_debits)),
  );
/** What a client that repeats is told in the end; the node dies before each of these commits, and again after it. */
async function dyingAt<T>(points: readonly string[], ask: () => Promise<T>): Promise<T> {
  const [first = '', ...rest] = points.flatMap((point) => [`before-${point}`, `after-${point}`]);
  await node.start({ SALDO_FAULTS: first });
  const answer = ask();
  for (const next of [...rest, '']) {
    expect(await node.ended()).toBe('SIGKILL');
    const started = node.start({ SALDO_FAULTS: next });
    // With a fault armed it may die before it says that it is ready.
    await (next === '' ? started : started.catch(() => undefined));
  }
  return answer;
}
const holding = (name: string, expiresAt?: string) =>
  client.post(
    0,
    '/v1/transfers',
    {
      legs: payers.map(({ id }) => ({ debit: id, credit: shop.id, amount: '3.00', asset: 'EUR' })),
      hold: true,
      ...(expiresAt === undefined ? {} : { expires_at: expiresAt }),
    },
    name,
  );
const shownIn = ({ body }: { readonly body: string }): Shown => JSON.parse(body) as Shown;
const ended = (id: string, status: string) =>
  until(`${id} is ${status}`, async () => {
    const shown = await client.get<Shown>(0, `/v1/transfers/${id}`);
    return shown.status === status;
  });

describe('P4, P6, P9: a node killed before, and again after, each commit of a hold with debits on two shards', () => {
  it('while it is made: it is held once, everywhere; while it is freed: it is free once, everywhere', async () => {
    const made = await dyingAt(['try', 'pivot', 'confirm'], () => holding('made'));
    expect(made.status).toBe(201);
    const { id, status } = shownIn(made);
    expect(status).toBe('held');
    expect(await pending()).toEqual([3, 3]);
    expect(await holding('made')).toEqual(made);
    await node.stop();
    const ask = () => client.post(0, `/v1/transfers/${id}/void`, {}, 'void');
    expect([200, 202]).toContain((await dyingAt(['void', 'pivot', 'confirm'], ask)).status);
    await ended(id, 'canceled');
    expect(await pending()).toEqual([0, 0]);
    expect(await ask()).toMatchObject({ status: 200 });
    await node.stop();
  }, 240_000);

  it('while it expires: it is free once, everywhere', async () => {
    await node.start();
    // It is held before that.
    const due = new Date(Date.now() + 10_000).toISOString();
    const { id } = shownIn(await holding('expires', due));
    await ended(id, 'held');
    await node.stop();
    await dyingAt(['expire'], () => Promise.resolve());
    await ended(id, 'expired');
    expect(await pending()).toEqual([0, 0]);
    expect(await nodes.audit()).toMatchObject({ clean: true, divergences: [], inDoubt: [] });
    await node.stop();
  }, 120_000);
});
