import { existsSync, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { endLeftovers } from './leftovers.js';
import { isRoot, openToServerUser, type StackPaths } from './paths.js';
import { explainFileError, StackError } from './stack-error.js';
import { newState, readState, type StackState } from './state.js';

export interface OpenState {
  readonly state: StackState;
  /** Absolute. */
  readonly dataDir: string;
}

/** The folder's state, with nothing of an earlier run alive; a new one where there is none. */
export async function openState(paths: StackPaths, onProgress: (line: string) => void): Promise<OpenState> {
  const state = readState(paths.stateFile);
  if (!state) {
    const dataDir = makeDataFolder(paths, onProgress);
    return { state: newState(isRoot ? dataDir : relative(paths.dir, dataDir)), dataDir };
  }
  const dataDir = resolve(paths.dir, state.dataDir);
  if (!existsSync(dataDir)) {
    throw new StackError(
      `The stack's data folder ${dataDir} is gone: restore it, or begin with empty data by \`saldo stack reset\`.`,
    );
  }
  const ended = await endLeftovers(state.running);
  if (ended > 0) onProgress(`ended ${ended} processes that an earlier run left behind`);
  return { state, dataDir };
}

/** Data is never deleted on the quiet: what lies there without its stack.json is left for a person to decide. */
function makeDataFolder(paths: StackPaths, onProgress: (line: string) => void): string {
  for (let number = 1; ; number++) {
    const folder = join(paths.dataParent, number === 1 ? paths.dataName : `${paths.dataName}-${number}`);
    try {
      mkdirSync(folder, { mode: 0o755 });
      if (isRoot) openToServerUser(folder);
      return folder;
    } catch (error) {
      if (!existsSync(folder)) throw explainFileError(error, 'start the stack');
      onProgress(
        `${folder} holds data of an earlier stack whose stack.json is gone; delete it if nobody needs it`,
      );
    }
  }
}
