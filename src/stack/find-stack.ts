import type { StackAddresses } from './addresses.js';
import { runningState } from './attach.js';
import { allExternal, externalAddresses, stackEnv } from './external.js';
import { stackPaths } from './paths.js';

/**
 * The addresses of the stack that runs in this folder, those in the environment first; undefined when it is not
 * running or not ready. Starts nothing.
 */
export function findStack(dir: string): StackAddresses | undefined {
  const env = stackEnv();
  const external = externalAddresses(env);
  const running = runningState(stackPaths(dir, env))?.addresses;
  return running ? { ...running, ...external } : allExternal(external);
}
