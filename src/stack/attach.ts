import type { StackAddresses } from './addresses.js';
import { lockHolder } from './lock.js';
import type { StackPaths } from './paths.js';
import { poll } from './poll.js';
import { isRunning, type ProcessIdentity } from './process-identity.js';
import { StackError } from './stack-error.js';
import { type RunningState, readState, type ServiceState } from './state.js';

const WAIT_MS = 15 * 60_000;

/** The stack of this folder that a living process has in its care, be it ready or not. */
export function runningState(paths: StackPaths): RunningState | undefined {
  const holder = lockHolder(paths.lockFile);
  const running = readState(paths.stateFile)?.running;
  return holder && running?.owner.startedAt === holder.startedAt ? running : undefined;
}

/** The services whose process has ended. */
export function servicesDown(running: RunningState): readonly ServiceState[] {
  return running.services.filter((service) => !isRunning(service.process));
}

/**
 * Waits until the stack that another process starts is ready. Undefined when that process lets go of it. Throws a
 * StackError when the stack is not whole or has too few shards.
 */
export async function attach(
  paths: StackPaths,
  holder: ProcessIdentity,
  options: { readonly shards: number; readonly onProgress: (line: string) => void },
): Promise<StackAddresses | undefined> {
  let told = false;
  const outcome = await poll(
    () => {
      if (lockHolder(paths.lockFile)?.startedAt !== holder.startedAt) return 'gone';
      const running = runningState(paths);
      if (running?.addresses) return { ...running, addresses: running.addresses };
      if (!told) options.onProgress(`waiting for process ${holder.pid}, which is starting the stack`);
      told = true;
      return undefined;
    },
    { timeoutMs: WAIT_MS, everyMs: 100 },
  );
  if (outcome === 'gone') return undefined;
  if (!outcome)
    throw new StackError(`Process ${holder.pid} has not got the stack ready: end it, then start again.`);
  const [down] = servicesDown(outcome);
  if (down) {
    throw new StackError(
      `${down.name} of the running stack is down (log: ${down.logFile}): stop the stack (\`saldo stack down\`, or end process ${holder.pid}), then start again.`,
    );
  }
  const { shardUrls } = outcome.addresses;
  if (shardUrls.length < options.shards) {
    throw new StackError(
      `The stack runs with ${shardUrls.length} shards, not ${options.shards}: stop it, then start it with --shards ${options.shards}.`,
    );
  }
  options.onProgress(`using the stack that process ${holder.pid} runs`);
  return outcome.addresses;
}
