import { isRunning } from './process-identity.js';
import { StackError } from './stack-error.js';
import type { RunningState } from './state.js';
import { terminate } from './terminate.js';

/** Ends what a stack whose owner is gone has left behind. Returns how many processes that were. */
export async function endLeftovers(running: RunningState | null | undefined): Promise<number> {
  const alive = running?.processes.filter(isRunning) ?? [];
  const left = await terminate(alive);
  if (left.length > 0) {
    const pids = left.map((process) => process.pid).join(', ');
    throw new StackError(`Processes of an earlier run cannot be ended (${pids}): end them, then try again.`);
  }
  return alive.length;
}
