import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { HeadWatch } from '../../src/storage/head-watch.js';
import { createTestShards, type TestShards } from '../support/cluster.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

/* P9: whoever waits for a shard's commits hears of them again after any fault. Method: a proxy before the shard. */
let shards: TestShards;
beforeAll(async () => {
  shards = await createTestShards(1);
});
afterAll(() => shards.close());

async function watching() {
  const { proxy, url } = await TcpProxy.before(shards.shardUrls[0] ?? '');
  const head = new HeadWatch(url);
  const heard: (number | undefined)[] = [];
  head.onCommit((seq) => heard.push(seq));
  head.start();
  onTestFinished(async () => {
    await head.stop();
    await proxy.close();
  });
  const tell = (seq: number) => shards.posting(0).query('SELECT pg_notify($1, $2)', ['saldo_head', `${seq}`]);
  await until('it listens', async () => heard.length > 0);
  await tell(1);
  await until('it has heard', async () => heard.includes(1));
  return { proxy, head, heard, tell };
}

it('a connection that breaks is made anew, and what it may have missed is said', async () => {
  const { proxy, heard, tell } = await watching();
  heard.length = 0;
  proxy.cut();
  await until('it listens again', async () => heard.includes(undefined));
  await tell(2);
  await until('it has heard', async () => heard.includes(2));
  expect(heard.filter((seq) => seq === 2)).toHaveLength(1);
});

it('so is one whose other end is gone without a word', async () => {
  const { proxy, heard, tell } = await watching();
  heard.length = 0;
  proxy.freeze();
  await until('it listens again', async () => heard.includes(undefined), 30_000);
  await tell(2);
  await until('it has heard', async () => heard.includes(2));
  expect(heard.filter((seq) => seq === 2)).toHaveLength(1);
});

it('it stops while the shard hangs', async () => {
  const { proxy, head } = await watching();
  proxy.freeze();
  // It waited for the other side, for ever.
  await head.stop();
});
