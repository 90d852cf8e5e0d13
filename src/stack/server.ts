import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import { openLog, readLog } from './log-file.js';
import { poll } from './poll.js';
import { lastLines } from './run.js';
import { PortTakenError, StackError } from './stack-error.js';
import type { StartContext } from './start-context.js';

export interface ServerOptions {
  /** For example `postgres-0`; names its log too. */
  readonly name: string;
  /** For people, for example `Postgres of shard 0`. */
  readonly label: string;
  readonly port: number;
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly stopSignal: NodeJS.Signals;
  readonly uid?: number;
  readonly gid?: number;
  /**
   * Tells whether this very server serves (another may have taken its port); gets what this run has logged so far.
   * Rejects only for what waiting cannot cure.
   */
  readonly isReady: (log: () => string) => Promise<boolean>;
  readonly timeoutMs: number;
}

/** Starts a server in a session of its own (a Ctrl-C must not reach it) and waits until it serves. */
export async function startServer(context: StartContext, options: ServerOptions): Promise<void> {
  context.signal.throwIfAborted();
  const logFile = join(context.paths.logsDir, `${options.name}.log`);
  const { fd, from } = openLog(logFile);
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    stdio: ['ignore', fd, fd],
    detached: true,
    ...(options.uid === undefined ? {} : { uid: options.uid }),
    ...(options.gid === undefined ? {} : { gid: options.gid }),
  });
  closeSync(fd);
  const owned = context.guarded.add(child, options.stopSignal);
  const log = () => readLog(logFile, from);
  if (!owned) {
    const ended = await once(child, 'exit').then(
      () => 'at once',
      (error: unknown) => String(error),
    );
    throw failure(options, ended, log(), logFile);
  }
  context.record.addProcess(owned);
  child.unref();
  let ready = false;
  let ended: string | undefined;
  child.once('exit', (code, signal) => {
    ended = signal ?? `exit code ${code}`;
    if (ready && !context.signal.aborted)
      context.onProgress(`${options.label} ended (${ended}); its log: ${logFile}`);
  });
  const outcome = await poll(
    async () => {
      if (ended !== undefined) return 'ended';
      return (await options.isReady(log)) ? 'ready' : undefined;
    },
    { timeoutMs: options.timeoutMs, signal: context.signal },
  );
  if (outcome !== 'ready') throw failure(options, ended, log(), logFile);
  ready = true;
  const address = `127.0.0.1:${options.port}`;
  context.record.addService({ name: options.name, address, process: owned, logFile });
}

function failure(
  options: ServerOptions,
  ended: string | undefined,
  log: string,
  logFile: string,
): StackError {
  const tail = `Its log ends so (${logFile}):\n${lastLines(log, 8)}`;
  if (/no space left on device|disk quota exceeded|database or disk is full/i.test(log)) {
    return new StackError(`${options.label} found the disk full: free some space, then start again. ${tail}`);
  }
  if (/address already in use/i.test(log)) {
    return new PortTakenError(
      `${options.label} found its port ${options.port} taken by another program: end that one or start again to use another port.`,
    );
  }
  if (ended === undefined) {
    return new StackError(`${options.label} was not ready within ${options.timeoutMs / 1000} s. ${tail}`);
  }
  return new StackError(`${options.label} ended while starting (${ended}). ${tail}`);
}
