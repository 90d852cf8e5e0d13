/**
 * The guard of one stack: reads processes from the pipe its parent holds, one JSON object a line, and ends them when
 * the pipe closes, which the kernel does for a parent that was killed too.
 */
import { createInterface } from 'node:readline';
import { type OwnedProcess, terminate } from './terminate.js';

// A Ctrl-C goes to the whole terminal; only the end of the pipe counts.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);

const owned: OwnedProcess[] = [];
for await (const line of createInterface({ input: process.stdin })) {
  const told = parse(line);
  if (told) owned.push(told);
}

const left = await terminate(owned);
process.exitCode = left.length === 0 ? 0 : 1;

/** Undefined for the half line of a parent that died while writing. */
function parse(line: string): OwnedProcess | undefined {
  try {
    return JSON.parse(line) as OwnedProcess;
  } catch {
    return undefined;
  }
}
