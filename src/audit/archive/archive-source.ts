import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { DivergenceError } from '../divergence.js';
import type { JournalSource } from '../replay.js';
import type { ArchiveFile, Manifest } from './manifest.js';

const CHUNK = 2_000;

/** Reads a journal from an archive; throws DivergenceError where the folder is not what its manifest says. */
export function archiveSource(dir: string, manifest: Manifest): JournalSource {
  return {
    holds: manifest.shards.map(({ events }) => events),
    async *read(shard) {
      const { files = [], events = 0, hash = '' } = manifest.shards[shard] ?? {};
      let seq = 0;
      let last: string | undefined;
      for (const file of files) {
        same(shard, `first sequence of ${file.name}`, seq + 1, file.first);
        const texts = await textsOf(dir, shard, file);
        for (let at = 0; at < texts.length; at += CHUNK) yield texts.slice(at, at + CHUNK);
        seq += texts.length;
        last = texts.at(-1) ?? last;
        same(shard, `events in ${file.name}`, file.events, texts.length);
        same(shard, `last sequence of ${file.name}`, seq, file.last);
      }
      same(shard, 'events of the shard in the manifest', seq, events);
      same(shard, 'last hash in the manifest', last === undefined ? '0'.repeat(64) : sha256(last), hash);
    },
    async last(shard) {
      const file = manifest.shards[shard]?.files.at(-1);
      return file === undefined ? undefined : (await textsOf(dir, shard, file)).at(-1);
    },
  };
}

async function textsOf(dir: string, shard: number, file: ArchiveFile): Promise<string[]> {
  const bytes = await readFile(join(dir, file.name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    const what = `file ${file.name}`;
    throw new DivergenceError({ shard, seq: file.first, what, expected: 'one', found: 'none' });
  });
  same(shard, `bytes of ${file.name}`, file.bytes, bytes.length, file.first);
  same(shard, `SHA-256 of ${file.name}`, file.sha256, sha256(bytes), file.first);
  const text = await promisify(gunzip)(bytes).catch((error: Error) => {
    const what = `file ${file.name}`;
    throw new DivergenceError({ shard, seq: file.first, what, expected: 'whole gzip', found: error.message });
  });
  const lines = text.toString('utf8').split('\n');
  // Every event ends with a line break, so the last piece is empty, or an event that was cut off.
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

function same(shard: number, what: string, expected: unknown, found: unknown, seq?: number): void {
  if (expected === found) return;
  const at = seq === undefined ? {} : { seq };
  throw new DivergenceError({ shard, ...at, what, expected: String(expected), found: String(found) });
}

const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');
