import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { claimIdOf, keyDigest, tenantId } from '../../src/domain/ids.js';
import { keyBucketOf } from '../../src/routing/placement.js';
import { checkBooks } from '../support/check-books.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

/*
 * P9: a node that is started while a shard is away serves the others, and that one when it is back; and it stops while a shard
 * hangs. Method: a real node, whose second shard is behind a proxy.
 */
const TENANT = tenantId('acme');
let nodes: TestNodes;
let node: NodeProcess;
let client: ApiClient;
let proxy: TcpProxy;
let through: { readonly SALDO_SHARD_URLS: string };
let far: string;
const accounts: TestAccount[] = [];

beforeAll(async () => {
  nodes = await createTestNodes();
  const [near = '', url = ''] = nodes.shards.shardUrls;
  far = url;
  const before = await TcpProxy.before(url);
  proxy = before.proxy;
  through = { SALDO_SHARD_URLS: [near, before.url].join(',') };
  node = nodes.node();
  await node.start(through);
  client = nodes.client(node);
  for (const [name, shard] of [
    ['a', 0],
    ['b', 0],
    ['c', 1],
  ] as const)
    accounts.push(await nodes.open(client, name, shard));
});
afterAll(async () => {
  await node.kill();
  await nodes.close();
  await proxy.close();
});

interface Ready {
  readonly ready: boolean;
  readonly parts: Readonly<Record<string, string>>;
}
const move = async (key: string, from: number, to: number) => {
  const leg = { debit: accounts[from]?.id, credit: accounts[to]?.id, amount: '1.00', asset: 'EUR' };
  const { status, body } = await client.post(0, '/v1/transfers', { legs: [leg] }, key);
  return { status, body };
};
/** A key that lies on the shard that is there. */
function nearKey(name: string): string {
  for (let n = 0; ; n += 1) {
    const digest = keyDigest(TENANT, 'client', `${name} ${n}`);
    const home = claimIdOf(keyBucketOf(TENANT, 'spread', digest), digest);
    if (nodes.shards.facts.map.shardOf(home) === 0) return `${name} ${n}`;
  }
}

describe('a shard that is away', { timeout: 240_000 }, () => {
  it('keeps no node from starting, and is served when it is back', async () => {
    await node.stop();
    proxy.cut({ refuse: true });
    await node.start(through);
    expect((await move(nearKey('near'), 0, 1)).status).toBe(201);
    expect(await client.get<Ready>(0, '/readyz')).toMatchObject({
      ready: true,
      parts: { 'shard-0': 'ok', 'shard-1': expect.not.stringMatching('^ok$') },
    });
    proxy.lead(far);
    await until('the other is served again', async () => (await move('back', 0, 2)).status === 201, 60_000);
    for (const shard of [0, 1]) await checkBooks(nodes.shards.owner(shard));
  });

  it('keeps no node from starting nor from stopping where it hangs', async () => {
    proxy.freeze();
    await node.stop();
    proxy.hang();
    await node.start(through);
    expect((await move(nearKey('while it hangs'), 0, 1)).status).toBe(201);
    await node.stop();
    proxy.cut();
    await node.start(through);
    await until('it is served again', async () => (await move('back again', 0, 2)).status === 201, 60_000);
  });
});
