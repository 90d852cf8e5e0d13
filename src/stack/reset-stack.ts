import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { stackEnv } from './external.js';
import { stackPaths } from './paths.js';
import { explainFileError } from './stack-error.js';
import { readState } from './state.js';
import { type StopOptions, stopStack, withStackLock } from './stop-stack.js';

/** Stops the stack of this folder and deletes its data, state and logs; downloads stay. Returns what was deleted. */
export async function resetStack(options: StopOptions): Promise<readonly string[]> {
  await stopStack(options);
  const paths = stackPaths(options.dir, stackEnv());
  if (!existsSync(paths.dir)) return [];
  return withStackLock(paths, async () => {
    const state = readState(paths.stateFile);
    const data = state ? [resolve(paths.dir, state.dataDir)] : [];
    const found = [...data, paths.stateFile, paths.logsDir].filter((path) => existsSync(path));
    try {
      for (const path of found) rmSync(path, { recursive: true });
    } catch (error) {
      throw explainFileError(error, 'reset');
    }
    return found;
  });
}
