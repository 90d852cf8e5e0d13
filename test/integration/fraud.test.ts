import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { childEnv } from '../../src/config/child-env.js';
import { packageRoot } from '../../src/config/package-root.js';
import { toJournalEvent } from '../../src/consumer/index.js';
import type { ApiClient } from '../../src/demo/api-client.js';
import { type BankRow, readBankRows } from '../../src/demo/bank-rows.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { type DemoAccounts, openAccounts } from '../../src/demo/open-accounts.js';
import { postRows } from '../../src/demo/post-rows.js';
import { type Alert, alertData, alertsTopic } from '../../src/fraud/alert.js';
import { ShardFraud } from '../../src/fraud/shard-fraud.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { bankEvents, journalOf } from '../support/bank-journal.js';
import { readTopic } from '../support/consumer-harness.js';
import { FraudProcesses } from '../support/fraud-processes.js';
import { bankRules } from '../support/fraud-rules.js';
import { readJournal, testKafka } from '../support/journal.js';
import { createTestNodes, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

/** Some customers of the Czech bank with all they did, over two shards, with every transfer to another bank across them. */
let nodes: TestNodes;
let node: NodeProcess;
let client: ApiClient;
let accounts: DemoAccounts;
let expected: readonly Told[];
const { kafkaOptions } = testKafka();
const fraud = new FraudProcesses(() => nodes);

interface Told {
  readonly customer: string;
  readonly score: number;
  readonly action: string;
  readonly why: readonly string[];
}
type Data = ReturnType<typeof alertData>;

const told = (name: (account: string) => string, { account, score, action, reasons }: Data): Told => ({
  customer: name(account),
  score,
  action,
  why: reasons.map(({ why }) => why.replace(/acc_[0-9a-f]{32}/, 'somebody')),
});
const inOrder = (all: readonly Told[]): Told[] =>
  [...all].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

/** What the rules say of these rows when one shard has them all: an oracle that knows no server. */
function judged(rows: readonly BankRow[]): {
  readonly alerts: readonly Alert[];
  readonly names: Map<string, string>;
} {
  const state = new ShardFraud(bankRules());
  const names = new Map<string, string>();
  const alerts = journalOf(bankEvents(rows), 'bank').flatMap((text) => {
    const event = toJournalEvent(decodeEvent(text), text);
    if (event.data.type === 'account.opened')
      names.set(event.data.account, event.data.metadata['name'] ?? '');
    return state.take(event).alerts;
  });
  return { alerts, names };
}

function chosenRows(): BankRow[] {
  const all = readBankRows();
  const { alerts, names } = judged(all);
  const marked = alerts.filter(({ action }) => action === 'review_debits').map(({ account }) => account);
  const others = alerts.map(({ account }) => account);
  const flagged = [...new Set([...marked, ...others])].slice(0, 5).map((account) => names.get(account));
  const quiet = all.slice(0, 3).map(({ account }) => account);
  const chosen = new Set([...flagged, ...quiet]);
  return all.filter(({ account }) => chosen.has(account));
}

async function published(): Promise<string[]> {
  const topic = alertsTopic(nodes.shards.name);
  return (await Promise.all([0, 1, 2, 3].map((partition) => readTopic(topic, partition)))).flat();
}
const dataOf = (text: string): Data => (JSON.parse(text) as { data: Data }).data;

beforeAll(async () => {
  nodes = await createTestNodes();
  node = nodes.node();
  await node.start();
  client = nodes.client(node, node);
  const rows = chosenRows();
  const { alerts, names } = judged(rows);
  expected = inOrder(alerts.map((alert) => told((id) => names.get(id) ?? id, alertData(alert))));
  accounts = await openAccounts(client, rows, 2, () => undefined);
  await postRows(client, rows, accounts, 2, () => undefined);
}, 240_000);
afterAll(async () => {
  await fraud.close();
  await nodes.close();
});

const customerOf = (id: string): string =>
  [...accounts.customers].find(([, account]) => account.id === id)?.[0] ?? id;

describe('saldo fraud, on the Czech bank’s data', () => {
  it('says each thing once, whatever it is stopped and killed for on the way', async () => {
    expect(expected.filter(({ action }) => action === 'review_debits').length).toBeGreaterThan(1);
    // Nobody is there to put accounts under review: it waits, and has told nothing of that yet.
    const first = fraud.start('http://127.0.0.1:1');
    await until('it waits for the ledger', () => first.said().includes('ECONNREFUSED'), 60_000);
    expect(await first.stop('SIGTERM')).toBe(0);
    const second = fraud.start('http://127.0.0.1:1');
    await until('it waits for the ledger', () => second.said().includes('ECONNREFUSED'), 60_000);
    await second.stop('SIGKILL');
    const third = fraud.start(node.url);
    const all = async (): Promise<boolean> => (await published()).length >= expected.length;
    await until('everything is told', all, 90_000);
    // Killed once more, and another to go on: it repeats nothing.
    await third.stop('SIGKILL');
    const last = fraud.start(node.url);
    const watching = (): boolean => last.said().match(/watching after event [1-9]/g)?.length === 2;
    await until('it has rebuilt what it knows', watching, 60_000);
    const found = (await published()).map(dataOf);
    expect(inOrder(found.map((data) => told(customerOf, data)))).toEqual(expected);
    expect(await last.stop('SIGTERM')).toBe(0);
  }, 300_000);

  it('puts accounts under review, each by one change, and no others', async () => {
    const marked = expected
      .filter(({ action }) => action === 'review_debits')
      .map(({ customer }) => customer);
    for (const [customer, { id }] of accounts.customers) {
      const account = await client.get<{ review_debits: boolean }>(0, `/v1/accounts/${id}`);
      expect([customer, account.review_debits]).toEqual([customer, marked.includes(customer)]);
    }
    const texts = await Promise.all(
      [0, 1].map((shard) => readJournal(kafkaOptions, nodes.shards.name, shard)),
    );
    const changes = texts.flat().filter((text) => text.includes('"type":"saldo.account.changed"'));
    expect(changes).toHaveLength(marked.length);
  });

  it('report says the same from the journal alone', async () => {
    const args = [join(packageRoot(), 'bin', 'saldo.js'), 'fraud', 'report'];
    const env = childEnv({ ...nodes.env });
    const run = promisify(execFile);
    const kafka = ['--kafka', inject('stack').kafkaBrokers.join(',')];
    const { stdout } = await run(process.execPath, [...args, ...kafka, '--json'], { env });
    const { alerts } = JSON.parse(stdout) as { alerts: Data[] };
    const byEvent = (all: readonly Data[]) => [...all].sort((a, b) => (a.event < b.event ? -1 : 1));
    expect(byEvent(alerts)).toEqual(byEvent((await published()).map(dataOf)));
    const text = (await run(process.execPath, args, { env })).stdout;
    expect(text).toMatch(/\d+ alerts of \d+ accounts \(score 40 or more\), \d+ put under review/);
  }, 120_000);

  it('names what is wrong with its rules, and does not start', async () => {
    const file = join(packageRoot(), 'package.json');
    const args = [join(packageRoot(), 'bin', 'saldo.js'), 'fraud', 'run', '--rules', file];
    const failed = await promisify(execFile)(process.execPath, args, {
      env: childEnv({ ...nodes.env }),
    }).catch((error: unknown) => error as { readonly code: number; readonly stderr: string });
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining('"rules" is missing') });
  });
});
