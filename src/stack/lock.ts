import { randomUUID } from 'node:crypto';
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { identifySelf, isRunning, type ProcessIdentity } from './process-identity.js';

/** A lock file that names the process which holds it; the lock of a dead process counts for nothing. */
export interface Lock {
  release(): void;
}

export type LockResult =
  | { readonly kind: 'held'; readonly lock: Lock }
  | { readonly kind: 'busy'; readonly holder: ProcessIdentity };

/** Takes the lock if it is free or stale. */
export function tryLock(file: string): LockResult {
  const mine = `${file}.${randomUUID()}`;
  writeFileSync(mine, JSON.stringify(identifySelf()), { mode: 0o600 });
  try {
    for (;;) {
      // A link appears whole or not at all, and only where nothing is.
      if (linked(mine, file)) return { kind: 'held', lock: new HeldLock(file) };
      const holder = lockHolder(file);
      if (holder) return { kind: 'busy', holder };
      removeStale(file);
    }
  } finally {
    rmSync(mine, { force: true });
  }
}

class HeldLock implements Lock {
  #held = true;

  constructor(private readonly file: string) {}

  release(): void {
    // By a second time, it may be another process's.
    if (this.#held) rmSync(this.file, { force: true });
    this.#held = false;
  }
}

/** The living process that holds the lock, if any. */
export function lockHolder(file: string): ProcessIdentity | undefined {
  const holder = readHolder(file);
  return holder && isRunning(holder) ? holder : undefined;
}

function readHolder(file: string): ProcessIdentity | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value))
      return undefined;
    const { pid, startedAt } = value;
    return typeof pid === 'number' && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
  } catch {
    return undefined;
  }
}

// Another process may have replaced the stale lock by its own since we looked: what was moved away alive goes back.
function removeStale(file: string): void {
  const aside = `${file}.${randomUUID()}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (isCode(error, 'ENOENT')) return;
    throw error;
  }
  if (lockHolder(aside)) linked(aside, file);
  rmSync(aside, { force: true });
}

function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
