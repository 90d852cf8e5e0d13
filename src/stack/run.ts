import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { StartContext } from './start-context.js';

export interface RunOptions {
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

export type RunResult =
  | { readonly kind: 'done'; readonly exitCode: number; readonly stdout: string; readonly output: string }
  /** There is no such program, or this user may not run it. */
  | { readonly kind: 'missing' };

/** Runs a program to its end. `output` is both of its streams. Rejects when the start is aborted. */
export async function run(
  context: Pick<StartContext, 'guarded' | 'signal'>,
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> {
  const { guarded, signal } = context;
  signal.throwIfAborted();
  const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'], signal });
  const chunks: string[] = [];
  const stdout: string[] = [];
  collect(child.stdout, (text) => {
    chunks.push(text);
    stdout.push(text);
  });
  collect(child.stderr, (text) => chunks.push(text));
  const ended = new Promise<RunResult>((resolve, reject) => {
    child.on('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      if (code === 'ENOENT' || code === 'EACCES') resolve({ kind: 'missing' });
      else reject(signal.aborted ? signal.reason : error);
    });
    child.on('close', (exitCode) => {
      if (signal.aborted) reject(signal.reason);
      else
        resolve({ kind: 'done', exitCode: exitCode ?? 1, stdout: stdout.join(''), output: chunks.join('') });
    });
  });
  guarded.add(child, 'SIGTERM');
  return ended;
}

function collect(stream: Readable, take: (text: string) => void): void {
  stream.setEncoding('utf8');
  stream.on('data', take);
}

/** The last lines of a text, indented, for the end of a message. */
export function lastLines(text: string, count: number): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines
    .slice(-count)
    .map((line) => `  ${line}`)
    .join('\n');
}
