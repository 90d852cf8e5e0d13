import type pg from 'pg';
import type { Asset } from '../../../src/domain/asset.js';
import type { Claim } from '../../../src/domain/claim.js';
import type { Command } from '../../../src/domain/command.js';
import type { AccountId } from '../../../src/domain/ids.js';
import {
  accountIdOf,
  bucketOfName,
  claimIdOf,
  keyDigest,
  tenantId,
  transferIdOf,
} from '../../../src/domain/ids.js';
import { canonicalTransfer, requestHashes } from '../../../src/intake/canonical-request.js';
import { BatchState } from '../../../src/posting/batch-state.js';
import { computeBatch } from '../../../src/posting/compute-batch.js';
import type { Submission } from '../../../src/posting/submission.js';
import { migrateDatabase } from '../../../src/storage/migrate.js';
import { createPool } from '../../../src/storage/pools.js';
import { type AppendParameters, append } from '../../../src/storage/statements/append.js';
import { readHead } from '../../../src/storage/statements/read-head.js';
import { round } from '../support/measure.js';
import type { BenchRow } from '../support/row.js';

const TENANT = tenantId('limit');
const EUR = 'EUR/2' as Asset;
const ORIGIN = { actor: 'key:bench' } as const;
const CLUSTER = 'limit';
const ACCOUNTS = 10_000;

/**
 * The most this server can do: the very rows of Saldo's own batches, computed and encoded beforehand, written by the
 * same statement from a plain client, one batch after the other, with nothing else to do.
 */
export async function measureLimit(url: string, batchSize: number, batches: number): Promise<BenchRow> {
  await migrateDatabase(url, 'shard');
  const pool: pg.Pool = createPool({ url, role: 'posting', name: 'limit', max: 1 });
  const prepared = await prebuild(pool, batchSize, batches);
  const [opening, ...measured] = prepared;
  const client = await pool.connect();
  if (opening !== undefined) await append(client, opening);
  // As many again to warm up: plans, caches, the first pages of every index.
  const warm = Math.floor(measured.length / 4);
  for (const batch of measured.slice(0, warm)) await append(client, batch);
  const latencies: number[] = [];
  const started = performance.now();
  for (const batch of measured.slice(warm)) {
    const began = performance.now();
    await append(client, batch);
    latencies.push(performance.now() - began);
  }
  const seconds = (performance.now() - started) / 1_000;
  client.release();
  await pool.end();
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => round(latencies[Math.floor(latencies.length * share)] ?? 0, 2);
  const rate = Math.round(((measured.length - warm) * batchSize) / seconds);
  return {
    name: 'limit',
    in_flight: batchSize,
    rate,
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    note: 'pre-built rows',
  };
}

/** The first batch opens the accounts; each other one posts. Times are the present, as the shard demands. */
async function prebuild(pool: pg.Pool, batchSize: number, batches: number): Promise<AppendParameters[]> {
  let head = await readHead(pool);
  const state = new BatchState(0);
  const bucket = bucketOfName(TENANT);
  const accounts = Array.from({ length: ACCOUNTS }, (_, n) =>
    accountIdOf(bucket, keyDigest(TENANT, 'client', `a${n}`)),
  );
  const compute = async (commands: readonly Command[]): Promise<AppendParameters> => {
    const batch = await computeBatch(state, head, commands.map(submission), Date.now(), {
      cluster: CLUSTER,
      epoch: 1,
      writer: 1,
    });
    const failed = batch.answers.find((answer) => answer instanceof Error || answer.kind === 'refused');
    if (failed !== undefined || batch.parameters === undefined)
      throw new Error(`not computed: ${JSON.stringify(failed)}`);
    head = batch.to;
    return batch.parameters;
  };
  const opening = await compute([
    { kind: 'open_shard', cluster: CLUSTER, buckets: [[0, 4095]] },
    ...accounts.map((account) => openAccount(account)),
  ]);
  const posting: AppendParameters[] = [];
  let key = 0;
  while (posting.length < batches) {
    const commands = Array.from({ length: batchSize }, () => {
      key += 1;
      return post(accounts, bucket, `k${key}`);
    });
    posting.push(await compute(commands));
  }
  return [opening, ...posting];
}

const openAccount = (account: AccountId): Command => ({
  kind: 'open_account',
  tenant: TENANT,
  account,
  asset: EUR,
  limits: { minBalance: null, maxBalance: null },
  metadata: {},
});

function post(accounts: readonly AccountId[], bucket: number, key: string): Command {
  const first = Math.floor(Math.random() * accounts.length);
  const second = (first + 1 + Math.floor(Math.random() * (accounts.length - 1))) % accounts.length;
  const [debit, credit] = [accounts[first], accounts[second]];
  if (debit === undefined || credit === undefined) throw new RangeError('no account');
  const digest = keyDigest(TENANT, 'client', key);
  const transfer = transferIdOf(bucket, digest);
  const legs = [{ debit, credit, amount: 1n, asset: EUR }];
  const claim: Claim = {
    id: claimIdOf(bucket, digest),
    tenant: TENANT,
    namespace: 'client',
    key,
    subject: transfer,
    ...requestHashes(canonicalTransfer({ legs })),
  };
  return { kind: 'post', tenant: TENANT, transfer, legs, claim };
}

const submission = (command: Command): Submission => ({
  command,
  origin: ORIGIN,
  dry: false,
  legs: 1,
  order: 0,
  giveUpAtMs: 0,
  resolve: () => undefined,
  reject: () => undefined,
});
