import type { StackEnv } from '../config/stack-env.js';
import type { GuardedProcesses } from './guarded.js';
import type { StackPaths } from './paths.js';
import type { Ports } from './ports.js';
import type { StackRecord } from './stack-record.js';

/** What every part of one start shares. */
export interface StartContext {
  readonly env: StackEnv;
  readonly paths: StackPaths;
  /** Absolute. */
  readonly dataDir: string;
  readonly ports: Pick<Ports, 'pick'>;
  readonly guarded: Pick<GuardedProcesses, 'add' | 'stop'>;
  readonly record: Pick<StackRecord, keyof StackRecord>;
  readonly onProgress: (line: string) => void;
  /** Fires with the first failure of any part. */
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
}
