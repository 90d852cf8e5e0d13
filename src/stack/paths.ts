import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { StackEnv } from '../config/stack-env.js';
import { explainFileError } from './stack-error.js';

/** Where one stack keeps what. All absolute. */
export interface StackPaths {
  /** The folder the user named. */
  readonly dir: string;
  readonly stateFile: string;
  readonly lockFile: string;
  readonly logsDir: string;
  /** Where the data folder is made, and its name unless that is taken. */
  readonly dataParent: string;
  readonly dataName: string;
  /** Shared by all stacks of this user. */
  readonly cacheDir: string;
}

export const isRoot = process.getuid?.() === 0;

/**
 * Of root, binaries and data lie where the unprivileged user who runs Postgres can reach them: neither a home folder
 * such as /root nor a checkout below it is such a place.
 */
export function stackPaths(dir: string, env: Pick<StackEnv, 'userCache'>): StackPaths {
  const absolute = existsSync(dir) ? realpathSync(dir) : resolve(dir);
  const hash = createHash('sha256').update(absolute).digest('hex').slice(0, 16);
  return {
    dir: absolute,
    stateFile: join(absolute, 'stack.json'),
    lockFile: join(absolute, 'stack.lock'),
    logsDir: join(absolute, 'logs'),
    dataParent: isRoot ? '/var/lib/saldo' : absolute,
    dataName: isRoot ? hash : 'data',
    cacheDir: isRoot ? '/var/cache/saldo' : resolve(env.userCache, 'saldo'),
  };
}

/** Lets the user that Postgres runs as pass through, whatever root's umask was when they were made. */
export function openToServerUser(...folders: readonly string[]): void {
  for (const folder of folders) chmodSync(folder, 0o755);
}

/** Makes the folders that must be there before anything else. */
export function makeStackFolders(paths: StackPaths): void {
  try {
    mkdirSync(paths.logsDir, { recursive: true, mode: 0o755 });
    mkdirSync(paths.dataParent, { recursive: true, mode: 0o755 });
    mkdirSync(paths.cacheDir, { recursive: true, mode: 0o755 });
    if (isRoot) openToServerUser(paths.cacheDir, paths.dataParent);
  } catch (error) {
    throw explainFileError(error, 'start the stack');
  }
}
