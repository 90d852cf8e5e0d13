import { randomBytes } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { StackAddresses } from './addresses.js';
import type { ProcessIdentity } from './process-identity.js';
import { explainFileError, StackError } from './stack-error.js';
import type { OwnedProcess } from './terminate.js';

/** One server of a running stack. */
export interface ServiceState {
  /** For example `postgres-0`. */
  readonly name: string;
  /** `host:port`. */
  readonly address: string;
  readonly process: OwnedProcess;
  readonly logFile: string;
}

export interface RunningState {
  readonly owner: ProcessIdentity;
  /** Whether a supervisor runs it (`saldo stack up`), or a program for as long as it lives itself. */
  readonly mode: 'background' | 'attached';
  /** Whatever must be gone before the data may be touched: servers, the guard, downloads under way. */
  readonly processes: readonly OwnedProcess[];
  readonly services: readonly ServiceState[];
  /** Null until all of it is ready. */
  readonly addresses: StackAddresses | null;
}

/** What `stack.json` holds; the file is for its owner's eyes only, since it holds the password. */
export interface StackState {
  readonly version: 1;
  /** Relative to the folder of this file, or absolute. */
  readonly dataDir: string;
  readonly shards: number;
  readonly password: string;
  readonly kafkaClusterId: string;
  /** Port by use, for example `postgres-0`; tried first at the next start. */
  readonly ports: Readonly<Record<string, number>>;
  readonly running: RunningState | null;
}

export function newState(dataDir: string): StackState {
  return {
    version: 1,
    dataDir,
    shards: 0,
    password: randomBytes(24).toString('base64url'),
    kafkaClusterId: randomBytes(16).toString('base64url'),
    ports: {},
    running: null,
  };
}

/** The state in the file; undefined when there is none. */
export function readState(file: string): StackState | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw explainFileError(error, 'try');
  }
  const state = parse(text);
  if (state === undefined) {
    throw new StackError(
      `${file} is damaged or of another release: restore it, or delete it to begin with empty data (the password of the old is lost with it).`,
    );
  }
  return state;
}

function parse(text: string): StackState | undefined {
  try {
    const value = JSON.parse(text) as Partial<StackState> | null;
    const whole =
      value?.version === 1 && typeof value.password === 'string' && typeof value.ports === 'object';
    return whole ? (value as StackState) : undefined;
  } catch {
    return undefined;
  }
}

export function writeState(file: string, state: StackState): void {
  const next = `${file}.new`;
  try {
    writeFileSync(next, `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
    renameSync(next, file);
  } catch (error) {
    throw explainFileError(error, 'start the stack');
  }
}
