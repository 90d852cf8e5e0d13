import { mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackEnv } from '../../src/config/stack-env.js';
import { GuardedProcesses } from '../../src/stack/guarded.js';
import { Ports } from '../../src/stack/ports.js';
import { StackRecord } from '../../src/stack/stack-record.js';
import type { StartContext } from '../../src/stack/start-context.js';
import { newState } from '../../src/stack/state.js';

const NOTHING_SET: StackEnv = {
  shardUrls: undefined,
  controlUrl: undefined,
  kafkaBrokers: undefined,
  temporalAddress: undefined,
  temporalUiUrl: undefined,
  kafkaHome: undefined,
  javaHome: undefined,
  userCache: '/nonexistent',
};

/** One start of a stack in a folder of its own, with real parts and nothing started. */
export interface TestStart {
  readonly context: StartContext;
  readonly progress: readonly string[];
  readonly folder: string;
  close(): Promise<void>;
}

export function testStart(env: Partial<StackEnv> = {}): TestStart {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'saldo-start-')));
  const paths = {
    dir: folder,
    stateFile: join(folder, 'stack.json'),
    lockFile: join(folder, 'stack.lock'),
    logsDir: join(folder, 'logs'),
    dataParent: folder,
    dataName: 'data',
    cacheDir: join(folder, 'cache'),
  };
  const dataDir = join(folder, 'data');
  for (const each of [paths.logsDir, paths.cacheDir, dataDir]) mkdirSync(each);
  const progress: string[] = [];
  const abort = new AbortController();
  const guarded = new GuardedProcesses();
  const context: StartContext = {
    env: { ...NOTHING_SET, ...env },
    paths,
    dataDir,
    ports: new Ports(true),
    guarded,
    record: new StackRecord(paths.stateFile, newState('data'), 'attached'),
    onProgress: (line) => progress.push(line),
    signal: abort.signal,
    abort: (reason) => abort.abort(reason),
  };
  const close = async () => {
    await guarded.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { context, progress, folder, close };
}
