import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Lock, tryLock } from './lock.js';
import { findDamage, writeManifest } from './manifest.js';
import { poll } from './poll.js';
import { explainFileError, StackError } from './stack-error.js';
import type { StartContext } from './start-context.js';

export interface Artefact {
  /** Names its folder in the cache, so it holds the version. */
  readonly name: string;
  /** For people. */
  readonly label: string;
  /** Fills the empty folder. */
  readonly fetch: (folder: string) => Promise<void>;
}

const WAIT_MS = 15 * 60_000;

/** The artefact's folder in the cache, fetched if it is not there whole. */
export async function cached(context: StartContext, artefact: Artefact): Promise<string> {
  const folder = join(context.paths.cacheDir, artefact.name);
  if ((await findDamage(folder)) === undefined) return folder;
  const lock = await waitForLock(context, artefact);
  try {
    const damage = await findDamage(folder);
    if (damage !== undefined) await fetchInto(context, artefact, folder, damage);
    return folder;
  } catch (error) {
    throw explainFileError(error, 'start the stack');
  } finally {
    lock.release();
  }
}

async function fetchInto(
  context: StartContext,
  artefact: Artefact,
  folder: string,
  damage: string,
): Promise<void> {
  const { cacheDir } = context.paths;
  const prefix = `.${artefact.name}.`;
  // Under the lock, an unfinished folder can only be a dead process's.
  const names = await readdir(cacheDir);
  for (const name of names) {
    if (name.startsWith(prefix)) await rm(join(cacheDir, name), { recursive: true, force: true });
  }
  if (names.includes(artefact.name))
    context.onProgress(`${artefact.label}: the cached copy is damaged (${damage})`);
  const unfinished = join(cacheDir, prefix + randomUUID());
  await mkdir(unfinished);
  try {
    await artefact.fetch(unfinished);
    await writeManifest(unfinished);
    await rm(folder, { recursive: true, force: true });
    await rename(unfinished, folder);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function waitForLock(context: StartContext, artefact: Artefact): Promise<Lock> {
  const file = join(context.paths.cacheDir, `${artefact.name}.lock`);
  let told = false;
  const lock = await poll(
    () => {
      const result = tryLock(file);
      if (result.kind === 'held') return result.lock;
      if (!told)
        context.onProgress(
          `${artefact.label}: waiting for process ${result.holder.pid}, which is fetching it`,
        );
      told = true;
      return undefined;
    },
    { timeoutMs: WAIT_MS, everyMs: 200, signal: context.signal },
  );
  if (!lock)
    throw new StackError(
      `${artefact.label} is still being fetched by another process: see what holds ${file}.`,
    );
  return lock;
}
