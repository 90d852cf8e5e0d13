import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportArchive } from '../../src/audit/archive/export-archive.js';
import { readManifest } from '../../src/audit/archive/manifest.js';
import { verifyArchive } from '../../src/audit/archive/verify-archive.js';
import { trustedKeysIn } from '../../src/audit/checkpoints/signatures.js';
import { DivergenceError } from '../../src/audit/divergence.js';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import { archiveProofSource } from '../../src/audit/proof/archive-proof-source.js';
import { type ProofFile, parseProof } from '../../src/audit/proof/proof-file.js';
import { NotProvableError, prove } from '../../src/audit/proof/prove.js';
import { shardsProofSource } from '../../src/audit/proof/shards-proof-source.js';
import { verifyProof } from '../../src/audit/proof/verify-proof.js';
import { replay } from '../../src/audit/replay.js';
import { packageRoot } from '../../src/config/package-root.js';
import { publicPem } from '../../src/journal/signing-key.js';
import type { AccountView } from '../../src/routing/views.js';
import { checkpointerOn } from '../support/checkpoints.js';
import { testKafka } from '../support/journal.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { newSigner } from '../support/signed-journal.js';
import { until } from '../support/until.js';

const signer = newSigner();
const trust = trustedKeysIn(publicPem(signer));
let cluster: SagaCluster;
let folder: string;
let archive: string;
let accounts: AccountView[];
let across: ProofFile;
let local: ProofFile;

/** Signs both shards up to where they are. */
async function sign(): Promise<void> {
  for (const shard of [0, 1]) {
    const { checkpointer } = checkpointerOn(cluster.shards, shard, { signer, maxEvents: 50 });
    while (await checkpointer.pass());
    await checkpointer.pass();
  }
}

const at = (i: number): AccountView => accounts[i % accounts.length] as AccountView;
const source = () => shardsProofSource(cluster.shards.shardUrls);
async function proofOf(subject: string): Promise<ProofFile> {
  const shards = source();
  try {
    return await prove(subject, shards);
  } finally {
    await shards.close();
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saldo-proofs-'));
  archive = join(folder, 'archive');
  cluster = await startSagaCluster(2);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
  accounts = await Promise.all([0, 0, 1, 1].map((shard, n) => cluster.open(`n${n}`, shard)));
  await Promise.all(
    Array.from({ length: 60 }, (_, i) => cluster.move(`k${i}`, at(i), at(i + 1 + (i % 3)), BigInt(1 + i))),
  );
  const [one, two] = [
    await cluster.move('across', at(0), at(2), 7n),
    await cluster.move('local', at(0), at(1), 8n),
  ];
  await until('both shards are published as they are', async () => (await cluster.audit()).clean);
  await sign();
  await cluster.move('after', at(2), at(3), 1n);
  [across, local] = [await proofOf(one.id), await proofOf(two.id)];
});
afterAll(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('P8: a proof of one transfer', () => {
  it('has its events in every shard, a few hundred bytes each beside them, and nothing of others', async () => {
    const proven = verifyProof(across, trust);
    expect(proven.map(({ event }) => event.type.replace('saldo.transfer.', '')).sort()).toEqual([
      'confirmed',
      'pivoted',
      'tried',
    ]);
    expect(verifyProof(local, trust).map(({ event }) => event.type)).toEqual(['saldo.transfer.posted']);
    const [one] = local.shards;
    expect(one?.events[0]?.path.length).toBeLessThanOrEqual(6);
    const event = verifyProof(local, trust)[0]?.event.id ?? '';
    const byEvent = await proofOf(event);
    expect(byEvent).toEqual({ ...local, subject: event });
    verifyProof(byEvent, trust);
  });

  it('is the same from an archive, which verifies with the signatures', async () => {
    const kafka = testKafka().kafkaOptions;
    const journal = kafkaSource(kafka, cluster.shards.name, 5_000);
    const heads = await Promise.all(
      [0, 1].map(
        async (shard) => (await cluster.shards.posting(shard).query('SELECT seq FROM head')).rows[0].seq,
      ),
    );
    const upTo = heads.map(Number);
    const common = { splitBytes: 30_000, made: new Date(), by: 'saldo test' };
    await exportArchive({ source: journal, upTo, cluster: cluster.shards.name, dir: archive, ...common });
    const report = await verifyArchive(archive, undefined, trust);
    expect(report).toMatchObject({ clean: true, divergences: [] });
    for (const [shard, { trusted, checkpoints, upTo: last }] of report.signed.entries()) {
      expect({ trusted, many: checkpoints > 1 }).toEqual({ trusted: true, many: true });
      expect(last).toBeLessThan(upTo[shard] ?? 0);
    }
    const manifest = await readManifest(archive);
    for (const proof of [across, local])
      expect(await prove(proof.subject, archiveProofSource(archive, manifest))).toEqual(proof);
    const audited = await replay({ source: journal, shardUrls: cluster.shards.shardUrls, trust });
    expect(audited).toMatchObject({
      clean: true,
      shards: [{ signed: { trusted: true } }, { signed: { trusted: true } }],
    });
    const other = await replay({
      source: journal,
      shardUrls: cluster.shards.shardUrls,
      trust: trustedKeysIn(publicPem(newSigner())),
    });
    expect(other.divergences).toMatchObject(
      [0, 1].map((shard) => ({ shard, what: 'key of the checkpoint' })),
    );
  });

  it('can be checked by a page of Python', () => {
    const key = join(folder, 'key.pub');
    writeFileSync(key, publicPem(signer));
    const stranger = join(folder, 'stranger.pub');
    writeFileSync(stranger, publicPem(newSigner()));
    const run = (proof: unknown, keys: string) => {
      const file = join(folder, 'proof.json');
      writeFileSync(file, JSON.stringify(proof));
      const script = join(packageRoot(), 'docs', 'verify', 'verify_proof.py');
      return spawnSync('python3', [script, file, keys], { encoding: 'utf8' });
    };
    for (const proof of [across, local]) {
      expect(run(proof, key)).toMatchObject({ status: 0, stdout: expect.stringContaining('PROVEN') });
      expect(run(proof, stranger)).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('not trusted'),
      });
    }
    const forgeries = forgeriesOf(local);
    const every = Math.ceil(forgeries.length / 8);
    for (const [what, forged] of forgeries.filter((_, n) => n % every === 0))
      expect(run(forged, key).status, what).not.toBe(0);
  });

  it('shows whatever was changed in it', () => {
    let tried = 0;
    for (const proof of [across, local]) {
      for (const [what, forged] of forgeriesOf(proof)) {
        tried += 1;
        expect(() => verifyProof(parseProof(JSON.stringify(forged)), trust), what).toThrow(Error);
      }
    }
    expect(tried).toBeGreaterThan(200);
    expect(() => verifyProof(across, trustedKeysIn(publicPem(newSigner())))).toThrow(DivergenceError);
  });

  it('is not made of what is not signed yet, or not there', async () => {
    const after = await cluster.move('later', at(0), at(1), 3n);
    await expect(proofOf(after.id)).rejects.toThrow(NotProvableError);
    await expect(proofOf(after.id)).rejects.toThrow('is not signed yet');
    await expect(proofOf(`tr_${'0'.repeat(32)}`)).rejects.toThrow('the journal has no event');
    await expect(proofOf('0-999999')).rejects.toThrow('the journal has no event');
    await expect(proofOf('9-1')).rejects.toThrow('the journal has no event');
  });

  it('is not made where the shard is not what was signed', async () => {
    const [shard] = local.shards;
    const [checkpoint] = shard?.checkpoints ?? [];
    const client = await cluster.shards.owner(shard?.shard ?? 0).connect();
    const change = `UPDATE events SET body = replace(body, $2, $3) WHERE seq = $1`;
    const first = checkpoint?.checkpoint.first;
    try {
      await client.query("SET session_replication_role = 'replica'");
      await client.query(change, [first, '"actor":"', '"actor":"not ']);
      await expect(proofOf(local.subject)).rejects.toThrow('Merkle root');
      await client.query(change, [first, '"actor":"not ', '"actor":"']);
    } finally {
      client.release(true);
    }
    expect(await proofOf(local.subject)).toEqual(local);
  });
});

/** The proof with each of its texts and numbers changed in turn, but for those that say nothing by themselves. */
function forgeriesOf(proof: ProofFile): [string, unknown][] {
  const forged: [string, unknown][] = [];
  const walk = (value: unknown, path: readonly (string | number)[]): void => {
    if (value === null || (path.length === 1 && path[0] === 'kind')) return;
    if (typeof value === 'object') {
      for (const [key, one] of Object.entries(value)) walk(one, [...path, key]);
      return;
    }
    const changes =
      typeof value === 'number' ? [value + 1] : typeof value === 'string' ? changesOf(value) : [];
    for (const change of changes) {
      const copy = structuredClone(proof) as never;
      let at: Record<string | number, unknown> = copy;
      for (const step of path.slice(0, -1)) at = at[step] as typeof at;
      at[path.at(-1) ?? ''] = change;
      forged.push([`${path.join('.')}: ${String(change).slice(0, 60)}`, copy]);
    }
  };
  walk(proof, []);
  return forged;
}

/** One character changed, at the ends and in the middle. */
function changesOf(text: string): string[] {
  return [0, Math.floor(text.length / 2), text.length - 1].map(
    (i) => `${text.slice(0, i)}${text[i] === '1' ? '2' : '1'}${text.slice(i + 1)}`,
  );
}
