import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { anchorFile } from '../../src/checkpoints/anchors/anchor-file.js';
import { packageRoot } from '../../src/config/package-root.js';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { anchorTopic } from '../../src/kafka/anchor-topic.js';
import { makeKeyFiles } from '../../src/main/signing-key-file.js';
import { readTopic, testKafka } from '../support/journal.js';
import { createTestNodes, type TestAccount, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

let nodes: TestNodes;
let folder: string;
let anchors: string;
let key: string;
let node: NodeProcess;
let client: ApiClient;
let accounts: TestAccount[];
let moves = 0;

beforeAll(async () => {
  nodes = await createTestNodes();
  folder = mkdtempSync(join(tmpdir(), 'saldo-anchored-'));
  anchors = join(folder, 'anchors');
  key = join(folder, 'key.pem');
  makeKeyFiles(key, `${key}.pub`);
  node = nodes.node();
});
afterAll(async () => {
  await nodes.close();
  rmSync(folder, { recursive: true, force: true });
});

/** `brokers`: of the topic of anchors. */
async function start(brokers: string): Promise<void> {
  await node.start({
    SALDO_SIGNING_KEY_FILE: key,
    SALDO_CHECKPOINT_SECONDS: '0.2',
    SALDO_METRICS: 'api',
    SALDO_ANCHOR_DIR: anchors,
    SALDO_ANCHOR_BROKERS: brokers,
  });
  client = nodes.client(node);
}
async function pay(): Promise<void> {
  const answers = await Promise.all(
    [0, 1].map((n) => {
      const [debit, credit] = [accounts[2 * n]?.id, accounts[2 * n + 1]?.id];
      moves += 1;
      return client.post(
        0,
        '/v1/transfers',
        { debit, credit, amount: '1.00', asset: 'EUR' },
        `move ${moves}`,
      );
    }),
  );
  expect(answers.map(({ status }) => status)).toEqual([201, 201]);
}
const sampleOf = async (series: string): Promise<number> => {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')[1] ?? 0,
  );
};
const checkpointsOf = async (shard: number): Promise<number> =>
  Number((await nodes.shards.owner(shard).query('SELECT count(*) FROM checkpoints')).rows[0].count);
const linesOf = (shard: number): string[] =>
  readFileSync(anchorFile(anchors, shard), 'utf8').split('\n').slice(0, -1);
const recordsOf = (shard: number): Promise<string[]> =>
  readTopic(testKafka().kafkaOptions, anchorTopic(nodes.shards.name), shard);

function saldo(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(packageRoot(), 'bin', 'saldo.js'), ...args],
    {
      env: nodes.env,
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr };
}

it('P8: what a node anchors is what its journal has, through outages and kills, and payments notice nothing', async () => {
  await start('127.0.0.1:1');
  accounts = await Promise.all([0, 0, 1, 1].map((shard, n) => nodes.open(client, `a${n}`, shard)));
  const failures = 'saldo_anchor_failures_total{shard="0",place="topic",kind="broken"}';
  await until('the topic’s broker is missed', async () => (await sampleOf(failures)) > 0, 40_000);
  await pay();
  await until('both shards have files', async () => {
    await pay();
    return (await sampleOf('saldo_anchors_total{shard="1",place="file"}')) > 2 && linesOf(0).length > 2;
  });
  await node.kill();

  const brokers = inject('stack').kafkaBrokers.join(',');
  await start(brokers);
  await pay();
  // Only from then on there is a topic.
  await until(
    'the topic is written',
    async () => (await sampleOf('saldo_anchors_total{shard="0",place="topic"}')) > 0,
  );
  await until('the topic has caught up', async () => (await recordsOf(0)).length >= linesOf(0).length);
  await node.kill();
  await start(brokers);
  await pay();
  await until('all is anchored in both places', async () => {
    const counts = await Promise.all([0, 1].map(checkpointsOf));
    const records = await Promise.all([0, 1].map(recordsOf));
    return [0, 1].every((n) => linesOf(n).length === counts[n] && records[n]?.length === counts[n]);
  });
  // The two places have the same, line for line.
  for (const shard of [0, 1]) expect(await recordsOf(shard)).toEqual(linesOf(shard));
  await until('no saga is open and all is published', async () => (await nodes.audit()).clean);

  const named = ['--trust', `${key}.pub`, '--anchors', anchors, '--anchors', `topic@${brokers}`];
  const clean = saldo('audit', 'replay', ...named);
  expect(clean).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('anchored in 2 places, each as it is here'),
  });
  expect(saldo('audit', 'replay', '--journal-only', ...named)).toMatchObject({ status: 0 });
  const archive = join(folder, 'archive');
  expect(saldo('audit', 'export', '--out', archive)).toMatchObject({ status: 0 });
  expect(saldo('audit', 'verify', archive, ...named)).toMatchObject({ status: 0 });

  // Somebody who rewrote checkpoint 2 would have to change what was anchored: the lines no longer hold by themselves.
  const [one = '', two = '', ...rest] = linesOf(1);
  writeFileSync(
    anchorFile(anchors, 1),
    `${[one, two.replace(/"time":"2/, '"time":"3'), ...rest].join('\n')}\n`,
  );
  for (const command of [['replay'], ['verify', archive]]) {
    const found = saldo('audit', ...command, ...named);
    expect(found).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('DIVERGENCE shard 1: signature of anchor 2'),
    });
  }
  expect(saldo('audit', 'replay', '--anchors', join(folder, 'nothing'))).toMatchObject({ status: 2 });
}, 180_000);
