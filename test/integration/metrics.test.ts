import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { API_KEY, createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

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
  await node.start({ SALDO_METRICS: 'api' });
  client = nodes.client(node);
  a = await nodes.open(client, 'a', 0);
  b = await nodes.open(client, 'b', 0);
  c = await nodes.open(client, 'c', 1);
});
afterAll(() => nodes.close());

const scrape = async (): Promise<string> => {
  const response = await fetch(`${node.url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain');
  return response.text();
};

/** The value of a series, as `name{label="x"}`; undefined if there is none. */
async function sampleOf(series: string, text?: string): Promise<number | undefined> {
  const found = (text ?? (await scrape())).split('\n').find((line) => line.startsWith(`${series} `));
  return found === undefined ? undefined : Number(found.slice(series.length + 1));
}
const heads = (): Promise<number[]> =>
  Promise.all(
    [0, 1].map(async (shard) =>
      Number((await nodes.shards.owner(shard).query('SELECT seq FROM head')).rows[0].seq),
    ),
  );
const move = (key: string, from: TestAccount, to: TestAccount) =>
  client.post(0, '/v1/transfers', { debit: from.id, credit: to.id, amount: '1.00', asset: 'EUR' }, key);

describe('the metrics of a node', () => {
  it('count what was committed, by shard, and how it was batched', async () => {
    const before = await scrape();
    const first = await heads();
    await Promise.all(Array.from({ length: 60 }, (_, n) => move(`local ${n}`, a, b)));
    const after = await scrape();
    const last = await heads();
    for (const shard of [0, 1]) {
      const label = `{shard="${shard}"}`;
      const grown = async (name: string) =>
        ((await sampleOf(`${name}${label}`, after)) ?? 0) -
        ((await sampleOf(`${name}${label}`, before)) ?? 0);
      // This node is the only one that writes, and what it wrote is in the shard.
      expect(await grown('saldo_events_committed_total')).toBe((last[shard] ?? 0) - (first[shard] ?? 0));
      expect(await sampleOf(`saldo_shard_sequence${label}`, after)).toBe(last[shard]);
      expect(await grown('saldo_batch_commands_count')).toBe(await grown('saldo_commit_seconds_count'));
      expect(await sampleOf(`saldo_shard_up${label}`, after)).toBe(1);
      expect(await sampleOf(`saldo_writer_trouble${label}`, after)).toBe(0);
      expect(await sampleOf(`saldo_queue_commands${label}`, after)).toBe(0);
      expect(await sampleOf(`saldo_cache_accounts${label}`, after)).toBeGreaterThan(0);
    }
    const name = (what: string) => `saldo_batch_commands_${what}{shard="0"}`;
    const commands =
      ((await sampleOf(name('sum'), after)) ?? 0) - ((await sampleOf(name('sum'), before)) ?? 0);
    const batches =
      ((await sampleOf(name('count'), after)) ?? 0) - ((await sampleOf(name('count'), before)) ?? 0);
    expect(commands).toBeGreaterThanOrEqual(60);
    expect(batches).toBeGreaterThan(0);
    expect(batches).toBeLessThan(commands);
    expect(await sampleOf('saldo_commit_seconds_sum{shard="0"}', after)).toBeGreaterThan(0);
  });

  it('time answers by route and status, without an id or a tenant among their labels', async () => {
    const posted = 'saldo_http_seconds_count{method="POST",route="/v1/transfers",status="201"}';
    const missing = 'saldo_http_seconds_count{method="GET",route="/v1/accounts/:id",status="404"}';
    const before = (await sampleOf(posted)) ?? 0;
    await move('timed', a, b);
    const headers = { authorization: `Bearer ${API_KEY}` };
    await fetch(`${node.url}/v1/accounts/acc_${'0'.repeat(32)}`, { headers });
    await fetch(`${node.url}/nowhere/${a.id}`, { headers });
    const text = await scrape();
    expect(await sampleOf(posted, text)).toBe(before + 1);
    expect(await sampleOf(missing, text)).toBe(1);
    expect(await sampleOf('saldo_http_seconds_count{method="GET",route="none",status="404"}', text)).toBe(1);
    for (const secret of ['acme', a.id, b.id, API_KEY, 'EUR']) expect(text).not.toContain(secret);
    expect(await sampleOf('process_resident_memory_bytes', text)).toBeGreaterThan(0);
  });

  it('say how far the relay and the read model are', async () => {
    await move('relayed', a, b);
    await until('both have everything', async () => {
      const text = await scrape();
      const values = await Promise.all(
        [0, 1].flatMap((shard) =>
          ['saldo_relay_lag_events', 'saldo_relay_lag_seconds', 'saldo_search_lag_events'].map((name) =>
            sampleOf(`${name}{shard="${shard}"}`, text),
          ),
        ),
      );
      return values.every((value) => value === 0);
    });
    const text = await scrape();
    const [first = 0, second = 0] = await heads();
    for (const [shard, head] of [first, second].entries()) {
      expect(await sampleOf(`saldo_relay_up{shard="${shard}"}`, text)).toBe(1);
      expect(await sampleOf(`saldo_relay_events_total{shard="${shard}"}`, text)).toBe(head);
      expect(await sampleOf(`saldo_relay_transactions_total{shard="${shard}"}`, text)).toBeLessThanOrEqual(
        head,
      );
    }
  });

  it('count the sagas that are open and the pump’s starts', async () => {
    const { json } = { json: await client.get<TestAccount>(0, `/v1/accounts/${c.id}`) };
    expect(json.shard).toBe(1);
    const before = (await sampleOf('saldo_pump_transfers_total{shard="0"}')) ?? 0;
    await Promise.all(Array.from({ length: 6 }, (_, n) => move(`across ${n}`, a, c)));
    const text = await scrape();
    expect(await sampleOf('saldo_pump_transfers_total{shard="0"}', text)).toBe(before + 6);
    expect(await sampleOf('saldo_pump_starts_total{shard="0"}', text)).toBeGreaterThan(0);
    for (const name of ['saldo_sagas_open', 'saldo_sagas_oldest_seconds', 'saldo_sagas_needs_operator'])
      expect(await sampleOf(`${name}{shard="0"}`, text), name).toBe(0);
    // Counting them takes nothing of what an operator finds them by.
    const connection = await Connection.connect({ address: inject('stack').temporalAddress });
    const query = `SaldoCluster = '${nodes.shards.name}' AND SaldoRoute = '0>1'`;
    const { workflow } = new Client({ connection });
    await until('their workflows are found', async () => (await workflow.count(query)).count > 0);
    await connection.close();
  });

  it('a saga that stays open, and a relay without Kafka, are seen', async () => {
    await node.stop();
    const lonely = nodes.node('--roles', 'api,relay,pump');
    // Nobody carries sagas on, and no broker answers.
    await lonely.start({
      SALDO_METRICS: 'api',
      SALDO_KAFKA_BROKERS: '127.0.0.1:1',
      SALDO_TEMPORAL_ADDRESS: '127.0.0.1:1',
      SALDO_NEEDS_OPERATOR_AFTER: '0.2',
    });
    node = lonely;
    const url = `${lonely.url}/v1/transfers`;
    const body = { debit: a.id, credit: c.id, amount: '1.00', asset: 'EUR' };
    const headers = {
      authorization: `Bearer ${API_KEY}`,
      'content-type': 'application/json',
      'idempotency-key': 'stays',
      prefer: 'respond-async',
    };
    expect((await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) })).status).toBe(202);
    await until(
      'it needs an operator',
      async () => (await sampleOf('saldo_sagas_needs_operator{shard="0"}')) === 1,
    );
    await until(
      'the relay has failed',
      async () => ((await sampleOf('saldo_relay_failures_total{shard="0",kind="broken"}')) ?? 0) > 0,
    );
    const text = await scrape();
    expect(await sampleOf('saldo_sagas_open{shard="0"}', text)).toBe(1);
    expect(await sampleOf('saldo_sagas_oldest_seconds{shard="0"}', text)).toBeGreaterThan(0.2);
    expect(await sampleOf('saldo_relay_up{shard="0"}', text)).toBe(0);
    await lonely.stop();
  });
});
