import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import { replay } from '../../src/audit/replay.js';
import type { AuditReport } from '../../src/audit/report.js';
import { childEnv } from '../../src/config/child-env.js';
import { ApiClient } from '../../src/demo/api-client.js';
import { NodeProcess } from '../../src/demo/node-process.js';
import { createTestShards, type TestShards } from './cluster.js';
import { testKafka } from './journal.js';

export const API_KEY = 'sk_test_0123456789abcdefghijklmnop';

export interface TestAccount {
  readonly id: string;
  readonly shard: number;
  readonly balance: string;
}

/** Real node processes over databases of their own on the run's real servers. */
export interface TestNodes {
  readonly shards: TestShards;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A node that is not started yet. */
  node(...args: readonly string[]): NodeProcess;
  /** One of another release, whose package is in that folder. */
  nodeOf(root: string): NodeProcess;
  client(...nodes: readonly NodeProcess[]): ApiClient;
  /** An account on that shard; may go below zero. */
  open(
    client: ApiClient,
    name: string,
    shard: number,
    terms?: Readonly<Record<string, unknown>>,
  ): Promise<TestAccount>;
  audit(): Promise<AuditReport>;
  close(): Promise<void>;
}

export async function createTestNodes(): Promise<TestNodes> {
  const shards = await createTestShards(2);
  const stack = inject('stack');
  const dir = mkdtempSync(join(tmpdir(), 'saldo-nodes-'));
  const env = childEnv({
    NODE_ENV: 'test',
    SALDO_CLUSTER: shards.name,
    SALDO_SHARD_URLS: shards.shardUrls.join(','),
    SALDO_CONTROL_URL: shards.controlUrl,
    SALDO_KAFKA_BROKERS: stack.kafkaBrokers.join(','),
    SALDO_TEMPORAL_ADDRESS: stack.temporalAddress,
    SALDO_TENANT: 'acme',
    SALDO_TENANT_PLACEMENT: 'spread',
    SALDO_API_KEY: API_KEY,
  });
  const nodes: NodeProcess[] = [];
  const add = (args: readonly string[], root?: string): NodeProcess => {
    const node = new NodeProcess(env, join(dir, `node-${nodes.length}.log`), args, root);
    nodes.push(node);
    return node;
  };
  const clients: ApiClient[] = [];
  const groups: string[] = [];
  return {
    shards,
    env,
    node: (...args) => add(args),
    nodeOf: (root) => add([], root),
    client: (...over) => {
      const client = new ApiClient(
        over.map(({ url }) => url),
        API_KEY,
      );
      clients.push(client);
      return client;
    },
    open: async (client, name, shard, terms) => {
      for (let n = 0; groups[shard] === undefined; n += 1) {
        const found = await openIn(client, `probe ${n}`, `group-${n}`);
        groups[found.shard] ??= `group-${n}`;
      }
      return openIn(client, name, groups[shard], terms);
    },
    audit: () => {
      const { kafkaOptions } = testKafka();
      return replay({ source: kafkaSource(kafkaOptions, shards.name, 20_000), shardUrls: shards.shardUrls });
    },
    close: async () => {
      await Promise.all(clients.map((client) => client.close()));
      await Promise.all(nodes.map((node) => node.stop()));
      await shards.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function openIn(
  client: ApiClient,
  key: string,
  group: string | undefined,
  terms: Readonly<Record<string, unknown>> = {},
): Promise<TestAccount> {
  const body = { asset: 'EUR', min_balance: null, placement_group: group, ...terms };
  const { status, body: text } = await client.post(0, '/v1/accounts', body, key);
  if (status !== 201) throw new Error(text);
  return JSON.parse(text) as TestAccount;
}
