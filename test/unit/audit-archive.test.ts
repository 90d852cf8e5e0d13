import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportArchive } from '../../src/audit/archive/export-archive.js';
import { readManifest } from '../../src/audit/archive/manifest.js';
import { verifyArchive } from '../../src/audit/archive/verify-archive.js';
import { newSigner, SignedJournal } from '../support/signed-journal.js';

/** P7: a folder that is no archive any more is told as what it is, whatever lies in it. */
const folder = mkdtempSync(join(tmpdir(), 'saldo-archives-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FIRST = 'shard-0-000001.jsonl.gz';
const journal = new SignedJournal(newSigner());
journal.addEvents(20);

const exported = (dir: string, texts: readonly string[]) =>
  exportArchive({
    source: {
      async *read() {
        yield texts;
      },
    },
    upTo: [texts.length],
    dir: join(folder, dir),
    splitBytes: 1_000_000,
    cluster: 'test',
    made: new Date(),
    by: 'saldo test',
  });
beforeAll(async () => {
  await exported('archive', journal.texts);
});

/** A copy of the archive, changed. */
function copied(name: string, change: (dir: string) => void): string {
  const dir = join(folder, name);
  cpSync(join(folder, 'archive'), dir, { recursive: true });
  change(dir);
  return dir;
}

/** The file anew, and what the manifest says of it: as somebody would who knows the format. */
function rewrite(dir: string, bytes: Buffer): void {
  const path = join(dir, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  Object.assign(manifest.shards[0].files[0], { bytes: bytes.length, sha256 });
  writeFileSync(join(dir, FIRST), bytes);
  writeFileSync(path, JSON.stringify(manifest));
}

describe('P7: what lies in an archive’s folder', () => {
  it('verifies as it was written', async () => {
    expect(await verifyArchive(join(folder, 'archive'))).toMatchObject({ clean: true, divergences: [] });
  });

  it.each(['shard-0-000002.jsonl.gz', 'shard-1-000001.jsonl.gz'])(
    'names %s, which the manifest does not know and another verifier would read',
    async (name) => {
      const dir = copied(`with ${name}`, (copy) => writeFileSync(join(copy, name), gzipSync('{}\n')));
      const shard = Number(name[6]);
      expect((await verifyArchive(dir)).divergences).toMatchObject([{ shard, what: `file ${name}` }]);
    },
  );

  it.each<[string, (path: string) => void]>([
    ['a pipe that nobody writes to', (path) => spawnSync('mkfifo', [path])],
    ['a device without an end', (path) => symlinkSync('/dev/zero', path)],
  ])('takes %s for no file of events', async (name, make) => {
    const dir = copied(name, (copy) => {
      rmSync(join(copy, FIRST));
      make(join(copy, FIRST));
    });
    expect((await verifyArchive(dir)).divergences).toMatchObject([
      { shard: 0, seq: 1, what: `file ${FIRST}`, expected: 'one', found: 'something else' },
    ]);
  });

  it.each(['null', '7', '[]', '"text"', '{}'])('names the event that is %s', async (text) => {
    const lines = journal.texts.with(4, text).map((one) => `${one}\n`);
    const dir = copied(`with ${text}`, (copy) => rewrite(copy, gzipSync(lines.join(''))));
    expect((await verifyArchive(dir)).divergences).toMatchObject([{ shard: 0, seq: 5, what: 'event' }]);
    await expect(exported(`of ${text}`, journal.texts.with(4, text))).rejects.toThrow(
      'shard 0, sequence 5: event: expected one with data',
    );
  });

  it('does not put together what is far longer than any event', async () => {
    const dir = copied('long', (copy) => rewrite(copy, gzipSync(Buffer.alloc(100_000_000))));
    expect((await verifyArchive(dir)).divergences).toMatchObject([
      { shard: 0, seq: 1, what: `longest event in ${FIRST}` },
    ]);
  });

  it.each([
    ['shard', { shards: [null] }],
    ['file', { shards: [{ shard: 0, events: 1, hash: '', files: [null] }] }],
  ])('has no whole manifest where a %s is null', async (what, changed) => {
    const dir = copied(`null ${what}`, (copy) => {
      const path = join(copy, 'manifest.json');
      writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, 'utf8')), ...changed }));
    });
    await expect(readManifest(dir)).rejects.toThrow('is not a whole manifest');
  });
});
