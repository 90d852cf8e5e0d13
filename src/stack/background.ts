import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import type { StackAddresses } from './addresses.js';
import { runningState, servicesDown } from './attach.js';
import { allExternal, externalAddresses, stackEnv } from './external.js';
import { makeStackFolders, stackPaths } from './paths.js';
import { scriptArguments } from './script.js';
import type { StackOptions } from './stack.js';
import { StackError } from './stack-error.js';
import { stopStack } from './stop-stack.js';
import type { SupervisorArguments, SupervisorMessage } from './supervisor-protocol.js';

export interface BackgroundStack {
  readonly addresses: StackAddresses;
  /** Whether it ran before. */
  readonly reused: boolean;
}

/** Starts the stack in a process of its own that outlives this one, and waits until it is ready. */
export async function startInBackground(options: StackOptions): Promise<BackgroundStack> {
  const env = stackEnv();
  const addresses = allExternal(externalAddresses(env));
  if (addresses) {
    options.onProgress('the environment names all servers: there is nothing to start');
    return { addresses, reused: true };
  }
  const paths = stackPaths(options.dir, env);
  makeStackFolders(paths);
  const running = runningState(paths);
  const down = running ? servicesDown(running) : [];
  if (down.length > 0) {
    options.onProgress(
      `${down.map((service) => service.name).join(', ')} went down: stopping the rest first`,
    );
    await stopStack(options);
  }
  const log = openSync(join(paths.logsDir, 'stack.log'), 'a', 0o600);
  const { shards, ephemeralPorts = false } = options;
  const argument: SupervisorArguments = { dir: paths.dir, shards, ephemeralPorts };
  const supervisor = spawn(process.execPath, [...scriptArguments('supervisor'), JSON.stringify(argument)], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    cwd: '/',
  });
  closeSync(log);
  try {
    return await untilReady(supervisor, options.onProgress, join(paths.logsDir, 'stack.log'));
  } finally {
    if (supervisor.connected) supervisor.disconnect();
    supervisor.unref();
  }
}

function untilReady(
  supervisor: ChildProcess,
  onProgress: (line: string) => void,
  logFile: string,
): Promise<BackgroundStack> {
  return new Promise((resolve, reject) => {
    supervisor.on('message', (value) => {
      const message = value as SupervisorMessage;
      if (message.kind === 'progress') onProgress(message.line);
      else if (message.kind === 'ready') resolve({ addresses: message.addresses, reused: message.reused });
      else if (message.forPerson) reject(new StackError(message.text));
      else reject(new Error(`the supervisor failed (its log: ${logFile}): ${message.text}`));
    });
    supervisor.on('error', reject);
    supervisor.on('exit', () =>
      reject(new StackError(`The stack's supervisor ended while starting; its log: ${logFile}`)),
    );
  });
}
