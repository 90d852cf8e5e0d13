import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { TestProject } from 'vitest/node';
import type { StackAddresses } from '../../src/stack/addresses.js';
import { resetStack } from '../../src/stack/reset-stack.js';
import { startStack } from '../../src/stack/stack.js';

declare module 'vitest' {
  interface ProvidedContext {
    stack: StackAddresses;
    /** Where the broker keeps its partitions, for tests that change bytes behind its back. */
    kafkaLogDir: string;
  }
}

/**
 * One real stack for the whole run; each test file makes databases, topics and queues of its own on it. Where
 * SALDO_TEST_STACK names the folder of one that runs (`saldo stack up --dir <folder>`), that one is used and kept: a
 * single file then starts at once.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const kept = process.env['SALDO_TEST_STACK'];
  const dir = kept ?? mkdtempSync(join(tmpdir(), 'saldo-test-'));
  const onProgress = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  const stack = await startStack({ dir, shards: 2, onProgress, ephemeralPorts: true });
  const { dataDir } = JSON.parse(readFileSync(join(dir, 'stack.json'), 'utf8')) as { dataDir: string };
  project.provide('stack', stack.addresses);
  project.provide('kafkaLogDir', join(resolve(dir, dataDir), 'kafka', 'log'));
  return async () => {
    await stack.stop();
    if (kept !== undefined) return;
    await resetStack({ dir, onProgress: () => undefined });
    rmSync(dir, { recursive: true, force: true });
  };
}
