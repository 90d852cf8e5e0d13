import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import type { StackEnv } from '../config/stack-env.js';
import type { StackAddresses } from './addresses.js';
import { attach } from './attach.js';
import { secondsSince } from './elapsed.js';
import { allExternal, externalAddresses, stackEnv } from './external.js';
import { GuardedProcesses } from './guarded.js';
import { type Lock, tryLock } from './lock.js';
import { openState } from './open-state.js';
import { makeStackFolders, type StackPaths, stackPaths } from './paths.js';
import { Ports } from './ports.js';
import { StackError } from './stack-error.js';
import { StackRecord } from './stack-record.js';
import type { StartContext } from './start-context.js';
import { startServices } from './start-services.js';
import type { RunningState } from './state.js';

export interface StackOptions {
  /** Keeps the state; made if it is not there. */
  readonly dir: string;
  /** At least so many; a folder that already has more keeps them. */
  readonly shards: number;
  /** Takes one line for a person at each step. */
  readonly onProgress: (line: string) => void;
  /** Always free ports, for tests. */
  readonly ephemeralPorts?: boolean;
  /** Servers that are elsewhere, or not wanted at all: not started. */
  readonly external?: Partial<StackAddresses>;
}

export interface RunningStack {
  readonly addresses: StackAddresses;
  /** Whether it ran before, in the care of another process. */
  readonly reused: boolean;
  /** Ends it, unless it was reused. */
  stop(): Promise<void>;
}

/**
 * Starts the servers in this process's care: they end with it, even when it is killed. A stack of that folder that
 * runs already is used as it is. Throws a StackError with one sentence for a person.
 */
export async function startStack(options: StackOptions): Promise<RunningStack> {
  return runStack(options, 'attached');
}

/** startStack, saying in whose care: `mode` is `background` for the supervisor. */
export async function runStack(options: StackOptions, mode: RunningState['mode']): Promise<RunningStack> {
  if (!Number.isInteger(options.shards) || options.shards < 1) {
    throw new StackError(`The number of shards must be a whole number from 1, not ${options.shards}.`);
  }
  const env = stackEnv();
  const external = { ...externalAddresses(env), ...options.external };
  const addresses = allExternal(external);
  if (addresses) return { addresses, reused: true, stop: async () => undefined };
  const paths = stackPaths(options.dir, env);
  makeStackFolders(paths);
  for (;;) {
    const result = tryLock(paths.lockFile);
    if (result.kind === 'held') return own(options, { env, external, paths, mode, lock: result.lock });
    const running = await attach(paths, result.holder, options);
    if (running) return { addresses: { ...running, ...external }, reused: true, stop: async () => undefined };
  }
}

interface Own {
  readonly env: StackEnv;
  readonly external: Partial<StackAddresses>;
  readonly paths: StackPaths;
  readonly mode: RunningState['mode'];
  readonly lock: Lock;
}

async function own(options: StackOptions, { env, external, paths, mode, lock }: Own): Promise<RunningStack> {
  const started = performance.now();
  const { onProgress } = options;
  let running: StartContext | undefined;
  try {
    const { state, dataDir } = await openState(paths, onProgress);
    const abort = new AbortController();
    // Every wait of every server listens.
    setMaxListeners(0, abort.signal);
    const context: StartContext = {
      env,
      paths,
      dataDir,
      ports: new Ports(options.ephemeralPorts ?? false),
      guarded: new GuardedProcesses(),
      record: new StackRecord(paths.stateFile, state, mode),
      onProgress,
      signal: abort.signal,
      abort: (reason) => abort.abort(reason),
    };
    running = context;
    const shards = Math.max(options.shards, state.shards);
    const addresses = await startServices(context, { shards, external });
    context.record.setReady(addresses, external.shardUrls ? state.shards : shards);
    onProgress(`the stack is ready (${secondsSince(started)})`);
    return { addresses, reused: false, stop: () => release(context, lock) };
  } catch (error) {
    if (running) await release(running, lock);
    else lock.release();
    throw error;
  }
}

async function release(context: StartContext, lock: Lock): Promise<void> {
  context.abort(new StackError('The stack was stopped.'));
  try {
    const left = await context.guarded.stop();
    // Who deleted the folder meanwhile wants no state in it.
    if (left.length === 0 && existsSync(context.paths.stateFile)) context.record.setStopped();
  } finally {
    lock.release();
  }
}
