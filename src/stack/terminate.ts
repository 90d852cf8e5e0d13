import { poll } from './poll.js';
import { isRunning, type ProcessIdentity, signalProcess } from './process-identity.js';

/** A process that the stack must end. */
export interface OwnedProcess extends ProcessIdentity {
  /** The signal by which it stops in good order. */
  readonly stopSignal: NodeJS.Signals;
}

const GRACE_MS = 20_000;
const KILL_MS = 5_000;

/** Ends the processes together: in good order first, by SIGKILL after 20 s. Returns those that are still there. */
export async function terminate<T extends OwnedProcess>(processes: readonly T[]): Promise<readonly T[]> {
  for (const target of processes) {
    signalProcess(target, target.stopSignal);
    // One that is stopped (SIGSTOP) would not get the signal until it goes on.
    signalProcess(target, 'SIGCONT');
  }
  if (await gone(processes, GRACE_MS)) return [];
  for (const target of processes) signalProcess(target, 'SIGKILL');
  await gone(processes, KILL_MS);
  return processes.filter(isRunning);
}

async function gone(processes: readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> {
  const done = await poll(() => (processes.some(isRunning) ? undefined : true), { timeoutMs });
  return done ?? false;
}
