import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TrustedKeys, trustedKeysIn } from '../audit/checkpoints/signatures.js';
import { kafkaSource } from '../audit/kafka-source.js';
import { replay } from '../audit/replay.js';
import { type AuditReport, renderReport } from '../audit/report.js';
import { childEnv } from '../config/child-env.js';
import { PUBLIC_KEY } from '../main/signing-key-file.js';
import type { StackAddresses } from '../stack/addresses.js';
import { resetStack } from '../stack/reset-stack.js';
import { startStack } from '../stack/stack.js';
import { ApiClient } from './api-client.js';
import { BANK_DATA, readBankRows } from './bank-rows.js';
import { checkBalances } from './check-balances.js';
import { NodeProcess } from './node-process.js';
import { openAccounts } from './open-accounts.js';
import { postRows } from './post-rows.js';
import { startProgress } from './progress.js';
import { allHolds, type DemoResult, renderSummary } from './summary.js';

export interface DemoOptions {
  readonly dir: string;
  readonly shards: number;
  /** Leaves the data and their folder for a look; the next demo starts afresh all the same. */
  readonly keep: boolean;
}

const CLUSTER = 'demo';

/** The main job on real input, with real kills; true if every balance is the bank's and the audit is clean. */
export async function runDemo({ dir, shards, keep }: DemoOptions): Promise<boolean> {
  const started = performance.now();
  const say = (line: string): void => {
    process.stdout.write(`${line}\n`);
  };
  await resetStack({ dir, onProgress: () => undefined });
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  const stack = await startStack({ dir, shards, onProgress: say, ephemeralPorts: true });
  const key = `sk_demo_${randomBytes(24).toString('base64url')}`;
  const nodes = [1, 2].map(
    (n) => new NodeProcess(nodeEnv(stack.addresses, key, dir), join(dir, `node-${n}.log`)),
  );
  try {
    await nodes[0]?.start();
    await nodes[1]?.start();
    say(`two nodes are ready: ${nodes.map(({ url }) => url).join(' and ')} (logs in ${dir})`);
    const client = new ApiClient(
      nodes.map(({ url }) => url),
      key,
    );
    const trust = trustedKeysIn(readFileSync(join(dir, PUBLIC_KEY), 'utf8'));
    const work = postAndCheck(client, nodes, stack.addresses, shards, trust);
    const result = await Promise.race([work, untilInterrupted(work)]);
    await client.close();
    const totalMs = performance.now() - started;
    say(`\n${renderSummary({ ...result, totalMs })}`);
    return allHolds({ ...result, totalMs });
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
    await stack.stop();
    if (!keep) await resetStack({ dir, onProgress: () => undefined });
  }
}

async function postAndCheck(
  client: ApiClient,
  nodes: readonly NodeProcess[],
  addresses: StackAddresses,
  shards: number,
  trust: TrustedKeys,
): Promise<Omit<DemoResult, 'totalMs'>> {
  const rows = readBankRows();
  process.stdout.write(`posting nine months of a real Czech bank, anonymised by the bank: ${BANK_DATA}\n`);
  const opening = startProgress(
    'opening accounts',
    new Set(rows.map(({ account }) => account)).size,
    'customers',
  );
  let opened = 0;
  const accounts = await openAccounts(client, rows, shards, () => opening.update(++opened));
  opening.stop();

  const begun = performance.now();
  const progress = startProgress('posting', rows.length, 'rows');
  const killer = new Killer(nodes, rows.length, (line) => progress.say(line));
  const posting = await postRows(client, rows, accounts, shards, (done) => {
    progress.update(done);
    killer.at(done);
  });
  progress.stop();
  const postingMs = performance.now() - begun;
  await killer.done();

  const checking = startProgress('checking balances', accounts.customers.size, 'customers');
  const mismatches = await checkBalances(client, posting.posted, accounts, (done) => checking.update(done));
  checking.stop();
  const audit = await auditJournal(addresses, trust);
  return {
    rows: rows.length,
    posting,
    postingMs,
    kills: killer.kills,
    retries: client.retries,
    mismatches,
    audit,
  };
}

/** Rejects at Ctrl-C, so that everything is tidied up on the way out. */
function untilInterrupted(work: Promise<unknown>): Promise<never> {
  return new Promise((_, reject) => {
    const interrupted = (): void => {
      // What is under way breaks off with the nodes; that is then nobody's news.
      work.catch(() => undefined);
      reject(new Error('interrupted'));
    };
    process.once('SIGINT', interrupted);
    process.once('SIGTERM', interrupted);
  });
}

/** Kills each node once with SIGKILL, at one third and at two thirds of the rows, and starts it again. */
class Killer {
  kills = 0;
  /** One after the other, so that one node is always up. */
  private restarts: Promise<void> = Promise.resolve();

  constructor(
    private readonly nodes: readonly NodeProcess[],
    private readonly rows: number,
    private readonly say: (line: string) => void,
  ) {}

  at(done: number): void {
    const node = this.nodes[this.kills];
    if (node === undefined || done < ((this.kills + 1) * this.rows) / 3) return;
    this.kills += 1;
    this.restarts = this.restarts.then(() => this.restart(node, this.kills, done));
    // Told by `done`; until then nobody listens.
    this.restarts.catch(() => undefined);
  }

  async done(): Promise<void> {
    await this.restarts;
  }

  private async restart(node: NodeProcess, number: number, row: number): Promise<void> {
    await node.kill();
    const killed = performance.now();
    this.say(`node ${number} was killed (SIGKILL) at row ${row}; the other one takes over`);
    await node.start();
    const seconds = ((performance.now() - killed) / 1_000).toFixed(1);
    this.say(`node ${number} is back after ${seconds} s`);
  }
}

async function auditJournal(
  { kafkaBrokers, shardUrls }: StackAddresses,
  trust: TrustedKeys,
): Promise<AuditReport> {
  const log = (): undefined => undefined;
  const source = kafkaSource({ brokers: kafkaBrokers, clientId: 'demo.audit', log }, CLUSTER);
  let progress: ReturnType<typeof startProgress> | undefined;
  const report = await replay({
    source,
    shardUrls,
    trust,
    onProgress: (done, total) => {
      progress ??= startProgress('auditing', total, 'events');
      progress.update(done);
    },
  });
  progress?.stop();
  process.stdout.write(`\n${renderReport(report)}`);
  return report;
}

const nodeEnv = (
  addresses: StackAddresses,
  key: string,
  dir: string,
): Readonly<Record<string, string | undefined>> =>
  childEnv({
    SALDO_SHARD_URLS: addresses.shardUrls.join(','),
    SALDO_CONTROL_URL: addresses.controlUrl,
    SALDO_KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    SALDO_TEMPORAL_ADDRESS: addresses.temporalAddress,
    SALDO_CLUSTER: CLUSTER,
    SALDO_TENANT: 'czech-bank',
    SALDO_TENANT_PLACEMENT: 'spread',
    SALDO_API_KEY: key,
    SALDO_DIR: dir,
    SALDO_CHECKPOINT_SECONDS: '2',
  });
