import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { DivergenceError } from '../divergence.js';
import { type EventLines, linesOf, textsOf } from '../event-lines.js';
import type { JournalSource } from '../journal-source.js';
import type { ArchiveFile, Manifest } from './manifest.js';

/** How much of a file is unpacked at a time. */
const PIECE = 1 << 20;
/** Of an event, in bytes: several times what the topic takes. What is longer would be put together in memory. */
const LONGEST = 1 << 26;

/** Reads a journal from an archive; throws DivergenceError where the folder is not what its manifest says. */
export function archiveSource(
  dir: string,
  manifest: Manifest,
): JournalSource & Required<Pick<JournalSource, 'readLines'>> {
  async function* readLines(shard: number): AsyncGenerator<EventLines> {
    const { files = [], events = 0, hash = '' } = manifest.shards[shard] ?? {};
    let seq = 0;
    let last = '0'.repeat(64);
    for (const file of files) {
      same(shard, `first sequence of ${file.name}`, seq + 1, file.first);
      let found = 0;
      for await (const lines of linesIn(dir, shard, file)) {
        found += lines.bounds.length / 2;
        last = Buffer.from(lines.hashes.subarray(-64)).toString('latin1');
        yield lines;
      }
      seq += found;
      same(shard, `events in ${file.name}`, file.events, found);
      same(shard, `last sequence of ${file.name}`, seq, file.last);
    }
    same(shard, 'events of the shard in the manifest', seq, events);
    same(shard, 'last hash in the manifest', last, hash);
  }
  return {
    holds: manifest.shards.map(({ events }) => events),
    readLines,
    async *read(shard) {
      for await (const lines of readLines(shard)) yield textsOf(lines).texts;
    },
  };
}

/** A file's events, piece by piece, once its bytes are those of the manifest. */
export async function* linesIn(dir: string, shard: number, file: ArchiveFile): AsyncGenerator<EventLines> {
  const path = join(dir, file.name);
  // Before it is read: what is no file may have no end.
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return undefined;
  });
  const what = `file ${file.name}`;
  if (found?.isFile() !== true) {
    const other = found === undefined ? 'none' : 'something else';
    throw new DivergenceError({ shard, seq: file.first, what, expected: 'one', found: other });
  }
  same(shard, `bytes of ${file.name}`, file.bytes, found.size, file.first);
  const bytes = await readFile(path);
  same(
    shard,
    `SHA-256 of ${file.name}`,
    file.sha256,
    createHash('sha256').update(bytes).digest('hex'),
    file.first,
  );
  // An event that goes over the end of a piece waits for the next one.
  let rest: Uint8Array[] = [];
  let waiting = 0;
  for await (const piece of unpacked(bytes, shard, file)) {
    const end = piece.lastIndexOf(0x0a) + 1;
    if (end > 0) {
      yield linesOf(together([...rest, piece.subarray(0, end)]));
      rest = [];
      waiting = 0;
    }
    if (end < piece.length) rest.push(Uint8Array.from(piece.subarray(end)));
    waiting += piece.length - end;
    if (waiting > LONGEST)
      same(shard, `longest event in ${file.name}`, `at most ${LONGEST} bytes`, 'more', file.first);
  }
  // What does not end with a line break was cut off: it is told as what it is, by whoever reads it.
  if (rest.length > 0) yield linesOf(together([...rest, Uint8Array.of(0x0a)]));
}

async function* unpacked(bytes: Buffer, shard: number, file: ArchiveFile): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: PIECE });
  gunzip.end(bytes);
  const pieces = gunzip[Symbol.asyncIterator]();
  for (;;) {
    const next: IteratorResult<Uint8Array> = await pieces.next().catch((error: Error) => {
      const what = `file ${file.name}`;
      throw new DivergenceError({
        shard,
        seq: file.first,
        what,
        expected: 'whole gzip',
        found: error.message,
      });
    });
    if (next.done === true) return;
    yield next.value;
  }
}

/** Bytes of their own, which another thread can take over. */
function together(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function same(shard: number, what: string, expected: unknown, found: unknown, seq?: number): void {
  if (expected === found) return;
  const at = seq === undefined ? {} : { seq };
  throw new DivergenceError({ shard, ...at, what, expected: String(expected), found: String(found) });
}
