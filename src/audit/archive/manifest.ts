import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** One file of an archive: gzip of events, one a line. */
export interface ArchiveFile {
  readonly name: string;
  /** Sequence of the first and of the last event in it. */
  readonly first: number;
  readonly last: number;
  readonly events: number;
  /** Of the file as it is, compressed. */
  readonly bytes: number;
  /** Of the file as it is, compressed; lower-case hex. */
  readonly sha256: string;
}

export interface ArchiveShard {
  readonly shard: number;
  readonly events: number;
  /** Hash of the last event; 64 zeros where there is none. */
  readonly hash: string;
  readonly files: readonly ArchiveFile[];
}

/** What an archive holds; written last, so that a folder without it is no archive (docs/audit.md). */
export interface Manifest {
  readonly format: 1;
  readonly cluster: string;
  /** RFC 3339, UTC. */
  readonly made: string;
  readonly by: string;
  readonly shards: readonly ArchiveShard[];
}

/** What an archive holds, a line for each shard, for a person. */
export const linesOf = ({ shards }: Manifest): string[] =>
  shards.map(({ shard, events, files, hash }) => {
    const spread = files.length === 1 ? '1 file' : `${files.length} files`;
    return `  shard ${shard}: ${events} events in ${spread}, last hash ${hash}`;
  });

export const MANIFEST = 'manifest.json';

/** What an archive's files are called: other verifiers are given all that are called so. */
export const EVENTS_FILE = /^shard-(\d+)-\d+\.jsonl\.gz$/;

/** Throws where the folder is no archive that this version can read. */
export async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, MANIFEST);
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new Error(`${path} can not be read: ${dir} is no archive, or its export did not end`, { cause });
  });
  const value = parsed(text, path);
  if (value.format !== 1) throw new Error(`${path} has format ${String(value.format)}: this release reads 1`);
  const { shards } = value;
  const whole = Array.isArray(shards) && shards.length > 0 && shards.every(isShard);
  if (!whole || typeof value.cluster !== 'string') throw new Error(`${path} is not a whole manifest`);
  return value as Manifest;
}

function parsed(text: string, path: string): Partial<Manifest> {
  try {
    return (JSON.parse(text) ?? {}) as Partial<Manifest>;
  } catch (cause) {
    throw new Error(`${path} is no JSON`, { cause });
  }
}

/** Shards stand in the order of their numbers; a file's name never leads out of the folder. */
function isShard(value: Partial<ArchiveShard> | null, index: number): boolean {
  const { shard, events, hash, files } = value ?? {};
  const numbers = shard === index && Number.isSafeInteger(events) && typeof hash === 'string';
  return numbers && Array.isArray(files) && files.every(isFile);
}

const isFile = (value: Partial<ArchiveFile> | null): boolean =>
  typeof value?.name === 'string' && /^[\w-][\w.-]*$/.test(value.name);
