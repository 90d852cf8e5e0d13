import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { Chain } from '../chain.js';
import { DivergenceError } from '../divergence.js';
import type { JournalSource } from '../journal-source.js';
import { type ArchiveFile, type ArchiveShard, MANIFEST, type Manifest } from './manifest.js';

export interface ExportOptions {
  readonly source: JournalSource;
  /** By shard: how many events; the journal must have them. */
  readonly upTo: readonly number[];
  /** Made if it is not there; anything in it is refused. */
  readonly dir: string;
  /** Events of about so many bytes, before compression, go into one file. */
  readonly splitBytes: number;
  /** Recorded in the manifest. */
  readonly cluster: string;
  readonly made: Date;
  readonly by: string;
  readonly onProgress?: (done: number, total: number) => void;
}

/**
 * Writes the journal into a folder, following each shard's chain on the way; the manifest comes last. Throws
 * DivergenceError where the journal breaks: then there is no manifest, and the folder is no archive.
 */
export async function exportArchive(options: ExportOptions): Promise<Manifest> {
  const { dir, upTo, cluster, made, by } = options;
  await mkdir(dir, { recursive: true });
  if ((await readdir(dir)).length > 0)
    throw new Error(`${dir} is not empty: an archive needs a folder of its own`);
  const total = upTo.reduce((sum, events) => sum + events, 0);
  const shards: ArchiveShard[] = [];
  let before = 0;
  for (const shard of upTo.keys()) {
    const written = await exportShard(options, shard, (done) => options.onProgress?.(before + done, total));
    before += written.events;
    shards.push(written);
  }
  const manifest: Manifest = { format: 1, cluster, made: made.toISOString(), by, shards };
  await writeDurably(join(dir, `${MANIFEST}.part`), `${JSON.stringify(manifest, null, 2)}\n`);
  await rename(join(dir, `${MANIFEST}.part`), join(dir, MANIFEST));
  return manifest;
}

async function exportShard(
  { source, upTo, dir, splitBytes, cluster }: ExportOptions,
  shard: number,
  progress: (done: number) => void,
): Promise<ArchiveShard> {
  const wanted = upTo[shard] ?? 0;
  const chain = new Chain(shard);
  chain.cluster = cluster;
  const files: ArchiveFile[] = [];
  let lines: string[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (lines.length === 0) return;
    files.push(await writeEvents(dir, shard, files.length + 1, chain.seq, lines));
    lines = [];
    size = 0;
  };
  // Of a whole topic everything, which must then be a journal; else up to what is wanted.
  const whole = source.whole === true;
  if (wanted > 0 || whole) {
    for await (const texts of source.read(shard)) {
      for (const text of whole ? texts : texts.slice(0, wanted - chain.seq)) {
        chain.next(text);
        lines.push(text);
        size += text.length;
        if (size >= splitBytes) await flush();
      }
      progress(chain.seq);
      if (whole ? texts.length === 0 : chain.seq >= wanted) break;
    }
  }
  await flush();
  if (chain.seq < wanted) {
    const found = `the end after ${chain.seq}`;
    throw new DivergenceError({ shard, what: 'journal', expected: `events up to ${wanted}`, found });
  }
  return { shard, events: chain.seq, hash: chain.hash, files };
}

async function writeEvents(
  dir: string,
  shard: number,
  number: number,
  last: number,
  lines: readonly string[],
): Promise<ArchiveFile> {
  const name = `shard-${shard}-${String(number).padStart(6, '0')}.jsonl.gz`;
  const bytes = await promisify(gzip)(`${lines.join('\n')}\n`);
  await writeDurably(join(dir, name), bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const events = lines.length;
  return { name, first: last - events + 1, last, events, bytes: bytes.length, sha256 };
}

async function writeDurably(path: string, content: string | Buffer): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}
