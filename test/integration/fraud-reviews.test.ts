import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { childEnv } from '../../src/config/child-env.js';
import { packageRoot } from '../../src/config/package-root.js';
import type { ApiClient } from '../../src/demo/api-client.js';
import type { NodeProcess } from '../../src/demo/node-process.js';
import { decodeEvent } from '../../src/journal/decode.js';
import { FraudProcesses } from '../support/fraud-processes.js';
import { readJournal, testKafka } from '../support/journal.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { API_KEY, createTestNodes, type TestNodes } from '../support/test-nodes.js';
import { until } from '../support/until.js';

/** Reviews that the rules decide: each once, as the journal alone would have it, and none that somebody decided before. */
const RULES = {
  alert_at: 40,
  review_at: 101,
  reviews: { approve_below: 40, decline_from: 80 },
  rules: [
    { kind: 'velocity', name: 'large', window: '1d', amount_above: { EUR: '1000' }, score: 90 },
    { kind: 'velocity', name: 'busy', window: '1d', count_above: 2, score: 50 },
  ],
};
const folder = mkdtempSync(join(tmpdir(), 'saldo-rules-'));
const rules = join(folder, 'rules.json');
const fraud = new FraudProcesses(() => nodes);
let nodes: TestNodes;
let node: NodeProcess;
let client: ApiClient;

interface Transfer {
  readonly id: string;
  readonly status: string;
  readonly review?: { readonly decision?: string; readonly note?: string };
}
interface Decision {
  readonly transfer: string;
  readonly decision: string;
  readonly note: string;
  readonly outcome: string;
}
type Pair = readonly [debit: string, credit: string];

let accounts = 0;
async function open(shard: number): Promise<string> {
  accounts += 1;
  return (await nodes.open(client, `a${accounts}`, shard)).id;
}
const pair = async (from = 0, to = 0): Promise<Pair> => [await open(from), await open(to)];
async function post(path: string, body: object, key: string): Promise<Transfer> {
  const headers = {
    authorization: `Bearer ${API_KEY}`,
    'content-type': 'application/json',
    'idempotency-key': key,
  };
  const answer = await request(`${node.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.body.json()) as Transfer;
}
let asked = 0;
/** Asks for one that waits. */
async function waiting(amount: string, pairs: readonly Pair[], more: object = {}): Promise<string> {
  asked += 1;
  const legs = pairs.map(([debit, credit]) => ({ debit, credit, amount, asset: 'EUR' }));
  const { id, status } = await post('/v1/transfers', { legs, review: true, ...more }, `t${asked}`);
  expect(status).toBe('review');
  return id;
}
const now = (id: string) => client.get<Transfer>(0, `/v1/transfers/${id}`);
const statusOf = async (id: string): Promise<string> => (await now(id)).status;

/** What becomes of each, and what the consumer says of it. */
let small: string;
let across: string;
let hold: string;
let large: string;
let busy: readonly string[];
let spread: string;
let persons: string;

beforeAll(async () => {
  writeFileSync(rules, JSON.stringify(RULES));
  nodes = await createTestNodes();
  node = nodes.node();
  await node.start();
  client = nodes.client(node);
  small = await waiting('10.00', [await pair()]);
  across = await waiting('10.00', [await pair(1, 0)]);
  hold = await waiting('10.00', [await pair()], { hold: true });
  large = await waiting('1000.01', [await pair(0, 1)]);
  const often = await pair();
  busy = [await waiting('1', [often]), await waiting('1', [often]), await waiting('1', [often])];
  spread = await waiting('10.00', [await pair(0, 0), await pair(1, 0)]);
  persons = await waiting('10.00', [await pair()]);
  expect((await post(`/v1/transfers/${persons}/decline`, { note: 'known' }, 'person')).status).toBe(
    'rejected',
  );
}, 240_000);
afterAll(async () => {
  await fraud.close();
  await nodes.close();
  rmSync(folder, { recursive: true });
});

const decisionsIn = (text: string): Decision[] =>
  text
    .split('\n')
    .filter((line) => line.includes('"decision"'))
    .map((line) => JSON.parse(line) as Decision);

/** The decisions that the shards took, with who took them. */
async function taken() {
  const { kafkaOptions } = testKafka();
  const texts = await Promise.all([0, 1].map((shard) => readJournal(kafkaOptions, nodes.shards.name, shard)));
  return texts.flat().flatMap((text) => {
    const { event, envelope } = decodeEvent(text);
    if (event.type !== 'review.approved' && event.type !== 'review.declined') return [];
    return [{ transfer: event.review, type: event.type, note: event.note, actor: envelope.actor }];
  });
}

describe('saldo fraud, on transfers in review', () => {
  it('decides each once, whatever is lost and killed on the way, and none that a person decided', async () => {
    const { proxy, url } = await TcpProxy.before(node.url);
    proxy.loseReplyTo('/approve');
    // What it approves it never hears of: it is killed between the effect and its own commit.
    const first = fraud.start(url.replace(/\/$/, ''), '--rules', rules);
    const both = async (): Promise<boolean> =>
      (await statusOf(small)) === 'posted' && (await statusOf(across)) === 'posted';
    await until('an approval of each shard has its effect', both, 60_000);
    expect(await first.stop('SIGKILL')).toBeNull();
    await proxy.close();
    expect(decisionsIn(first.said())).toEqual([]);

    const second = fraud.start(node.url, '--rules', rules);
    await until('all is said', () => decisionsIn(second.said()).length === 7, 60_000);
    expect(await second.stop('SIGTERM')).toBe(0);
    const outcomes = new Map(
      decisionsIn(second.said()).map(({ transfer, decision, outcome }) => [transfer, [decision, outcome]]),
    );
    expect(outcomes).toEqual(
      new Map([
        [small, ['approve', 'repeated']],
        [across, ['approve', 'repeated']],
        [hold, ['approve', 'decided']],
        [large, ['decline', 'decided']],
        [busy[0], ['approve', 'decided']],
        [busy[1], ['approve', 'decided']],
        [persons, ['approve', 'decided_before']],
      ]),
    );
    expect(second.said()).toContain('reviews: 4 decided, 2 repeated, 1 decided before by others');
    await until('the saga has ended', async () => (await statusOf(across)) === 'posted');
    expect(await Promise.all([hold, large, persons].map(statusOf))).toEqual(['held', 'rejected', 'rejected']);
    expect(await Promise.all([...busy, spread].map(statusOf))).toEqual([
      'posted',
      'posted',
      'review',
      'review',
    ]);
  }, 240_000);

  it('leaves one decision of each in the journal, with why; the journal alone gives the same', async () => {
    const args = [join(packageRoot(), 'bin', 'saldo.js'), 'fraud', 'report', '--rules', rules];
    const env = childEnv({ ...nodes.env });
    const report = async (...more: string[]): Promise<string> =>
      (await promisify(execFile)(process.execPath, [...args, ...more], { env })).stdout;
    const text = await report('--json');
    expect(await report('--json')).toBe(text);
    const { decisions, reviews } = JSON.parse(text) as { decisions: Decision[]; reviews: number };
    expect([decisions.length, reviews]).toEqual([7, 9]);
    const found = await taken();
    expect(found).toHaveLength(7);
    for (const { transfer, decision, note } of decisions) {
      const of = found.filter((one) => one.transfer === transfer);
      if (transfer === persons) expect(of).toMatchObject([{ type: 'review.declined', note: 'known' }]);
      else expect(of).toMatchObject([{ type: `review.${decision}d`, note }]);
    }
    expect(found.every(({ actor }) => actor.startsWith('key:'))).toBe(true);
    expect(found.find(({ transfer }) => transfer === large)?.note).toMatch(
      /^saldo fraud, rules [0-9a-f]{12}: score 90 of acc_[0-9a-f]{32}, declined from 80; large: 1000.01 EUR of debits in 1d, more than 1000.00 EUR$/,
    );
    expect(await report()).toContain(
      '9 transfers in review: 6 would be approved (score below 40), 1 declined (80 or more), 2 left to people',
    );
  }, 120_000);

  it('goes on where it was: nothing is decided again, what a person left is a person’s', async () => {
    const before = await taken();
    const last = fraud.start(node.url, '--rules', rules);
    const late = await waiting('20.00', [await pair(1, 1)]);
    await until('the new one is decided', async () => (await statusOf(late)) === 'posted', 60_000);
    await until('it is said', () => decisionsIn(last.said()).length > 0);
    expect(decisionsIn(last.said())).toMatchObject([{ transfer: late, outcome: 'decided' }]);
    expect(await last.stop('SIGTERM')).toBe(0);
    expect((await post(`/v1/transfers/${spread}/approve`, {}, 'by hand')).review?.decision).toBe('approved');
    await until('the journal has it', async () => (await taken()).length === before.length + 2);
    const audit = async (): Promise<boolean> => (await nodes.audit()).clean;
    await until('the books are as the journal says', audit, 60_000);
  }, 120_000);
});
