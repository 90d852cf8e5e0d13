import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { archiveSource } from '../../src/audit/archive/archive-source.js';
import { exportArchive } from '../../src/audit/archive/export-archive.js';
import { type ArchiveFile, type Manifest, readManifest } from '../../src/audit/archive/manifest.js';
import { verifyArchive } from '../../src/audit/archive/verify-archive.js';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import { replay } from '../../src/audit/replay.js';
import { packageRoot } from '../../src/config/package-root.js';
import type { AccountView } from '../../src/routing/views.js';
import { readJournal, testKafka } from '../support/journal.js';
import { newSeed, randomFrom } from '../support/random.js';
import { tamper } from '../support/rewritten.js';
import { type SagaCluster, startSagaCluster } from '../support/saga-cluster.js';
import { until } from '../support/until.js';

const PLACES = 240;
const seed = newSeed();

let cluster: SagaCluster;
let folder: string;
let archive: string;
let manifest: Manifest;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saldo-archive-'));
  archive = join(folder, 'archive');
  cluster = await startSagaCluster(2);
  cluster.startWorker();
  cluster.startPumps();
  await cluster.startRelays();
  const accounts = await Promise.all([0, 0, 1, 1].map((shard, n) => cluster.open(`n${n}`, shard)));
  const at = (i: number): AccountView => accounts[i % accounts.length] as AccountView;
  await Promise.all(
    Array.from({ length: 60 }, (_, i) => cluster.move(`k${i}`, at(i), at(i + 1 + (i % 3)), BigInt(1 + i))),
  );
  let upTo: number[] = [];
  await until('the relays have published it all', async () => {
    const report = await cluster.audit();
    upTo = report.shards.map(({ events }) => events);
    return report.clean;
  });
  manifest = await exportArchive({ ...source(), upTo, dir: archive });
});
afterAll(async () => {
  await cluster.close();
  rmSync(folder, { recursive: true, force: true });
});

const source = () => ({
  source: kafkaSource(testKafka().kafkaOptions, cluster.shards.name, 5_000),
  splitBytes: 20_000,
  cluster: cluster.shards.name,
  made: new Date(),
  by: 'saldo test',
});

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
const textsIn = (dir: string, { name }: ArchiveFile): string[] =>
  gunzipSync(readFileSync(join(dir, name)))
    .toString('utf8')
    .split('\n')
    .slice(0, -1);

/** Writes a file's events anew, and its size and hash into the manifest: as somebody would who knows the format. */
function rewrite(dir: string, shard: number, index: number, texts: readonly string[]): void {
  const path = join(dir, 'manifest.json');
  const forged = JSON.parse(readFileSync(path, 'utf8'));
  const file = forged.shards[shard].files[index];
  const bytes = gzipSync(texts.map((text) => `${text}\n`).join(''));
  writeFileSync(join(dir, file.name), bytes);
  forged.shards[shard].files[index] = { ...file, bytes: bytes.length, sha256: sha256(bytes) };
  writeFileSync(path, JSON.stringify(forged));
}

/** Changes one event and every hash after it; all that still tells is the manifest's last hash. */
function fork(dir: string, shard: number, fileIndex: number, eventIndex: number): void {
  let prev: string | undefined;
  for (const [index, file] of (manifest.shards[shard]?.files ?? []).entries()) {
    if (index < fileIndex) continue;
    const texts = textsIn(dir, file).map((text, i) => {
      let changed = prev === undefined ? text : text.replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`);
      const here = index === fileIndex && i === eventIndex;
      if (here) changed = changed.replace(/"actor":"[^"]*"/, '"actor":"operator:mallory"');
      if (here || prev !== undefined) prev = sha256(changed);
      return changed;
    });
    rewrite(dir, shard, index, texts);
  }
}

const KINDS = ['byte', 'drop', 'duplicate', 'swap', 'truncate', 'fork', 'raw byte', 'missing file'] as const;

describe('P7: an archive of the journal', () => {
  it('holds the journal byte for byte, in several files, and verifies clean', async () => {
    for (const { shard, files, events } of manifest.shards) {
      expect(files.length).toBeGreaterThan(2);
      const texts = files.flatMap((file) => textsIn(archive, file));
      const journal = await readJournal(testKafka().kafkaOptions, cluster.shards.name, shard);
      expect(texts).toEqual(journal.slice(0, events));
    }
    expect(await verifyArchive(archive)).toMatchObject({ clean: true, divergences: [] });
  });

  it('is read by the page of Python that docs/journal-format.md has, which finds an event that is missing', () => {
    const script = join(packageRoot(), 'docs', 'verify', 'verify_journal.py');
    const verify = (files: readonly ArchiveFile[]) =>
      spawnSync('python3', [script, ...files.map(({ name }) => join(archive, name))], { encoding: 'utf8' });
    for (const { files, events, hash } of manifest.shards) {
      const { status, stdout } = verify(files);
      expect(status).toBe(0);
      expect(stdout).toMatch(new RegExp(`^${events} events, .* last hash ${hash}\n$`));
      const [first, second] = files;
      expect(verify(files.toSpliced(1, 1))).toMatchObject({
        status: 1,
        stderr: `sequence ${second?.first}: found sequence ${String((second?.last ?? 0) + 1).padStart(16, '0')}\n`,
      });
      expect(first?.last).toBe((second?.first ?? 0) - 1);
    }
  });

  it('P8: is replayed without Kafka or shards, and against the shards, also when those have gone on', async () => {
    const alone = await replay({ source: archiveSource(archive, manifest) });
    expect(alone).toMatchObject({ clean: true, compared: 'nothing', divergences: [] });
    expect(alone.shards.map(({ hash }) => hash)).toEqual(manifest.shards.map(({ hash }) => hash));
    const { shardUrls } = cluster.shards;
    const against = await replay({ source: archiveSource(archive, manifest), shardUrls });
    expect(against).toMatchObject({ clean: true, compared: 'shards' });
    await cluster.open('later', 0);
    const later = await replay({ source: archiveSource(archive, manifest), shardUrls });
    expect(later).toMatchObject({ clean: true, compared: 'rows_up_to_the_end', divergences: [] });
    const entry = 'SELECT account, 10000, 0, at, 0, tenant, 0, 1000000, 0, 0 FROM entries LIMIT 1';
    await tamper(cluster.shards, 0, `INSERT INTO entries ${entry}`);
    const more = await replay({ source: archiveSource(archive, manifest), shardUrls });
    await tamper(cluster.shards, 0, 'DELETE FROM entries WHERE seq = 0');
    expect(more.divergences).toMatchObject([{ shard: 0, seq: 0, what: 'row in entries' }]);
  });

  it('P8: is read to its end by a replay, so that a fork of the last event is found', async () => {
    const dir = join(folder, 'forked');
    cpSync(archive, dir, { recursive: true });
    const [files = []] = manifest.shards.map(({ files }) => files);
    const last = files.at(-1) as ArchiveFile;
    fork(dir, 0, files.length - 1, last.events - 1);
    const { divergences } = await replay({ source: archiveSource(dir, await readManifest(dir)) });
    expect(divergences).toMatchObject([{ shard: 0, what: 'last hash in the manifest' }]);
  });

  it('is not written into a folder that has something in it', async () => {
    await expect(exportArchive({ ...source(), upTo: [1, 1], dir: archive })).rejects.toThrow('is not empty');
  });

  it('has no manifest, and so is no archive, where the journal ends too early', async () => {
    const none = { async *read() {} };
    const dir = join(folder, 'early');
    await expect(exportArchive({ ...source(), source: none, upTo: [3], dir })).rejects.toThrow(
      'expected events up to 3',
    );
    await expect(verifyArchive(dir)).rejects.toThrow('is no archive');
  });

  it(`names what was changed, at ${PLACES} random places (seed ${seed})`, async () => {
    const random = randomFrom(seed);
    for (let n = 0; n < PLACES; n += 1) {
      const kind = KINDS[n % KINDS.length];
      const dir = join(folder, `copy-${n}`);
      cpSync(archive, dir, { recursive: true });
      const shard = random(2);
      const files = manifest.shards[shard]?.files ?? [];
      // Not the last: an event that is doubled or dropped there has one after it in every kind.
      const fileIndex = random(files.length - 1);
      const file = files[fileIndex] as ArchiveFile;
      const texts = textsIn(dir, file);
      const i = random(texts.length - 1);
      const text = texts[i] ?? '';
      let seq: number | undefined = file.first + i;
      let what: unknown = expect.any(String);
      if (kind === 'byte') {
        const at = random(text.length);
        const code = text.charCodeAt(at) === 0x78 ? 'y' : 'x';
        rewrite(dir, shard, fileIndex, texts.with(i, text.slice(0, at) + code + text.slice(at + 1)));
        // What the event does not say of itself, the hash in the next one tells.
        seq = undefined;
      } else if (kind === 'drop') rewrite(dir, shard, fileIndex, texts.toSpliced(i, 1));
      else if (kind === 'duplicate') {
        rewrite(dir, shard, fileIndex, texts.toSpliced(i, 0, text));
        seq += 1;
      } else if (kind === 'swap')
        rewrite(dir, shard, fileIndex, texts.toSpliced(i, 2, texts[i + 1] ?? '', text));
      else if (kind === 'truncate') {
        truncateSync(join(dir, file.name), random(file.bytes));
        [seq, what] = [file.first, `bytes of ${file.name}`];
      } else if (kind === 'fork') {
        fork(dir, shard, fileIndex, i);
        [seq, what] = [undefined, 'last hash in the manifest'];
      } else if (kind === 'raw byte') {
        const bytes = readFileSync(join(dir, file.name));
        const at = random(bytes.length);
        bytes[at] = (bytes[at] ?? 0) ^ (1 + random(255));
        writeFileSync(join(dir, file.name), bytes);
        [seq, what] = [file.first, `SHA-256 of ${file.name}`];
      } else {
        rmSync(join(dir, file.name));
        [seq, what] = [file.first, `file ${file.name}`];
      }
      const { clean, divergences } = await verifyArchive(dir);
      rmSync(dir, { recursive: true });
      const where = `place ${n}: ${kind} of shard ${shard}, ${file.name}, event ${i} (seed ${seed})`;
      expect(clean, where).toBe(false);
      expect(divergences, where).toMatchObject([{ shard, what, ...(seq === undefined ? {} : { seq }) }]);
      const found = divergences[0]?.seq;
      if (kind === 'byte') expect([file.first + i, file.first + i + 1], where).toContain(found);
    }
  }, 180_000);
});
