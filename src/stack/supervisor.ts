/**
 * The process behind `saldo stack up`: starts the stack, tells its parent how that goes, and keeps it until SIGTERM.
 * Where it exits without stopping the stack first, the guard does that.
 */

import { join } from 'node:path';
import { lockHolder } from './lock.js';
import { type RunningStack, runStack } from './stack.js';
import { StackError } from './stack-error.js';
import type { SupervisorArguments, SupervisorMessage } from './supervisor-protocol.js';

const LOOK_MS = 5_000;

const { dir, shards, ephemeralPorts } = JSON.parse(process.argv[2] ?? '') as SupervisorArguments;
let stack: RunningStack | undefined;

const tell = (message: SupervisorMessage) => {
  if (process.connected) process.send?.(message);
};
const onProgress = (line: string) => {
  console.log(`${new Date().toISOString()} ${line}`);
  tell({ kind: 'progress', line });
};

async function end(): Promise<never> {
  await stack?.stop();
  process.exit(0);
}

process.on('SIGHUP', () => undefined);
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void end());
// The terminal was closed or Ctrl-C pressed before all was ready: nobody waits for it any more.
process.on('disconnect', () => {
  if (!stack) process.exit(1);
});

try {
  stack = await runStack({ dir, shards, ephemeralPorts, onProgress }, 'background');
  tell({ kind: 'ready', addresses: stack.addresses, reused: stack.reused });
} catch (error) {
  console.error(error);
  const forPerson = error instanceof StackError;
  tell({ kind: 'failed', text: forPerson ? error.message : String(error), forPerson });
  process.exitCode = 1;
}

// Also what keeps this process alive: without its folder there is no stack to keep.
if (stack && !stack.reused) {
  setInterval(() => {
    if (lockHolder(join(dir, 'stack.lock'))?.pid !== process.pid) process.exit(1);
  }, LOOK_MS);
} else {
  process.disconnect?.();
}
