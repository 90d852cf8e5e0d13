import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { StackAddresses } from '../../src/stack/addresses.js';
import { resetStack } from '../../src/stack/reset-stack.js';
import { startStack } from '../../src/stack/stack.js';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackAddresses;
  }
}

/** One real stack for the whole run; each test file makes databases, topics and queues of its own on it. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'saldo-test-'));
  const onProgress = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const stack = await startStack({ dir, shards: 2, onProgress, ephemeralPorts: true });
  project.provide('stack', stack.addresses);
  return async () => {
    await stack.stop();
    await resetStack({ dir, onProgress: () => undefined });
    rmSync(dir, { recursive: true, force: true });
  };
}
