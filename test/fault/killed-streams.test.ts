import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { ofShard, openStream, type StreamClient } from '../support/feed-harness.js';
import { API_KEY, createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

let nodes: TestNodes;
let serving: NodeProcess;
let streaming: NodeProcess;
let client: ApiClient;
let pairs: readonly (readonly [TestAccount, TestAccount])[];

beforeAll(async () => {
  nodes = await createTestNodes();
  serving = nodes.node('--roles', 'api');
  streaming = nodes.node('--roles', 'api');
  await serving.start();
  await streaming.start();
  client = nodes.client(serving);
  const open = (name: string, shard: number) => nodes.open(client, name, shard);
  pairs = [
    [await open('a', 0), await open('b', 0)],
    [await open('c', 1), await open('d', 1)],
  ];
});
afterAll(() => nodes.close());

it('P7: a stream that is resumed after its node was killed misses nothing and repeats nothing', async () => {
  const KILLS = 3;
  let writing = true;
  const writers = pairs.map(async ([debit, credit], shard) => {
    for (let n = 0; writing; n += 1) {
      const body = { debit: debit.id, credit: credit.id, amount: '1.00', asset: 'EUR' };
      await client.post(0, '/v1/transfers', body, `${shard} ${n}`);
    }
  });
  const texts: string[] = [];
  let last = '';
  const follow = (): Promise<StreamClient> =>
    openStream(`${streaming.url}/v1/events/stream`, {
      authorization: `Bearer ${API_KEY}`,
      ...(last === '' ? {} : { 'last-event-id': last }),
    });
  const take = ({ parts }: StreamClient): void => {
    texts.push(...parts.flatMap(({ data }) => data ?? []));
    last = parts.at(-1)?.id ?? last;
  };
  for (let kill = 0; kill < KILLS; kill += 1) {
    const stream = await follow();
    await until('it streams', () => stream.texts().length >= 20 * (kill + 1));
    await streaming.kill();
    await until('the client has noticed', () => stream.ended() !== undefined);
    take(stream);
    await streaming.start();
  }
  writing = false;
  await Promise.all(writers);
  const bodies = await Promise.all(
    [0, 1].map(async (shard) => {
      const query = "SELECT body FROM events WHERE tenant = 'acme' ORDER BY seq";
      return (await nodes.shards.owner(shard).query<{ body: string }>(query)).rows.map(({ body }) => body);
    }),
  );
  const stream = await follow();
  await until('it has the rest', () => texts.length + stream.texts().length >= bodies.flat().length);
  take(stream);
  stream.close();
  expect([ofShard(texts, 0), ofShard(texts, 1)]).toEqual(bodies);
});
