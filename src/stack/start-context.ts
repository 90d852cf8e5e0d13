import type { StackEnv } from '../config/stack-env.js';
import type { GuardedProcesses } from './guarded.js';
import type { StackPaths } from './paths.js';
import type { Ports } from './ports.js';
import type { StackRecord } from './stack-record.js';

/** What every part of one start shares. */
export interface StartContext {
  readonly env: StackEnv;
  readonly paths: StackPaths;
  readonly ports: Ports;
  readonly guarded: GuardedProcesses;
  readonly record: StackRecord;
  readonly onProgress: (line: string) => void;
  /** Fires when another part has failed. */
  readonly signal: AbortSignal;
}
