import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** What a folder of the cache must hold: by relative path, a link's target or a file's size, time and checksum. */
interface Manifest {
  readonly files: Readonly<Record<string, FileEntry | string>>;
}

interface FileEntry {
  readonly size: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

const NAME = 'manifest.json';

/** Hex. */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

export async function writeManifest(folder: string): Promise<void> {
  const files: Record<string, FileEntry | string> = {};
  for (const path of await pathsIn(folder)) {
    const file = join(folder, path);
    const stat = await lstat(file);
    files[path] = stat.isSymbolicLink()
      ? await readlink(file)
      : { size: stat.size, mtimeMs: stat.mtimeMs, sha256: await sha256OfFile(file) };
  }
  await writeFile(join(folder, NAME), JSON.stringify({ files } satisfies Manifest));
}

/**
 * Why the folder is not what was put there; undefined when it is. A file's content is read only when its size or time
 * differ, so that a start costs milliseconds.
 */
export async function findDamage(folder: string): Promise<string | undefined> {
  let manifest: Manifest;
  try {
    manifest = JSON.parse(await readFile(join(folder, NAME), 'utf8')) as Manifest;
  } catch {
    return 'it has no manifest';
  }
  for (const [path, entry] of Object.entries(manifest.files)) {
    if (!(await isIntact(join(folder, path), entry))) return `${path} is missing or changed`;
  }
  return undefined;
}

async function isIntact(file: string, entry: FileEntry | string): Promise<boolean> {
  try {
    if (typeof entry === 'string') return (await readlink(file)) === entry;
    const { size, mtimeMs } = await lstat(file);
    if (size !== entry.size) return false;
    return mtimeMs === entry.mtimeMs || (await sha256OfFile(file)) === entry.sha256;
  } catch {
    return false;
  }
}

async function pathsIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory() && entry.name !== NAME)
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}
