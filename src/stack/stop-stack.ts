import { existsSync } from 'node:fs';
import { runningState } from './attach.js';
import { stackEnv } from './external.js';
import { endLeftovers } from './leftovers.js';
import { lockHolder, tryLock } from './lock.js';
import { type StackPaths, stackPaths } from './paths.js';
import { poll } from './poll.js';
import { type ProcessIdentity, signalProcess } from './process-identity.js';
import { StackError } from './stack-error.js';
import { readState, writeState } from './state.js';

export interface StopOptions {
  readonly dir: string;
  readonly onProgress: (line: string) => void;
}

const STATE_MS = 5_000;
const STOP_MS = 60_000;

/** Ends the background stack of this folder, or what a crashed one left. Returns whether there was anything to end. */
export async function stopStack(options: StopOptions): Promise<boolean> {
  const paths = stackPaths(options.dir, stackEnv());
  if (!existsSync(paths.dir)) return false;
  const holder = lockHolder(paths.lockFile);
  if (holder) await endOwner(paths, holder, options);
  return withStackLock(paths, async () => {
    const state = readState(paths.stateFile);
    const ended = await endLeftovers(state?.running);
    if (ended > 0) options.onProgress(`ended ${ended} processes that an earlier run left behind`);
    if (state?.running) writeState(paths.stateFile, { ...state, running: null });
    return holder !== undefined || ended > 0;
  });
}

/** Does something that no running stack of this folder could stand. */
export async function withStackLock<T>(paths: StackPaths, work: () => Promise<T>): Promise<T> {
  const result = tryLock(paths.lockFile);
  if (result.kind === 'busy')
    throw new StackError(`Process ${result.holder.pid} is starting the stack: stop that first.`);
  try {
    return await work();
  } finally {
    result.lock.release();
  }
}

async function endOwner(paths: StackPaths, holder: ProcessIdentity, options: StopOptions): Promise<void> {
  // One that has just begun has not written down its mode yet.
  const running = await poll(() => runningState(paths), { timeoutMs: STATE_MS });
  if (running?.mode !== 'background') {
    throw new StackError(
      `The stack is in the care of process ${holder.pid}, which was not started by \`saldo stack up\`: end that process (Ctrl-C), and the stack ends with it.`,
    );
  }
  options.onProgress(`stopping the stack (process ${holder.pid})`);
  const gone = () => (lockHolder(paths.lockFile) ? undefined : true);
  signalProcess(holder, 'SIGTERM');
  if (await poll(gone, { timeoutMs: STOP_MS })) return;
  // Its guard, or else the caller, ends the servers.
  signalProcess(holder, 'SIGKILL');
  await poll(gone, { timeoutMs: STATE_MS });
}
