import { closeSync, fstatSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { explainFileError } from './stack-error.js';

const KEPT_BYTES = 20_000_000;
const TAIL_BYTES = 64_000;

/** Opens a server's log for appending; one that has grown long is put aside first. `from`: where this run begins. */
export function openLog(file: string): { readonly fd: number; readonly from: number } {
  try {
    if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > KEPT_BYTES) renameSync(file, `${file}.1`);
    const fd = openSync(file, 'a', 0o600);
    return { fd, from: fstatSync(fd).size };
  } catch (error) {
    throw explainFileError(error, 'start the stack');
  }
}

/** The end of what was logged since the position. */
export function readLog(file: string, from: number): string {
  const fd = openSync(file, 'r');
  try {
    const start = Math.max(from, fstatSync(fd).size - TAIL_BYTES);
    const buffer = Buffer.alloc(TAIL_BYTES);
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, TAIL_BYTES, start));
  } finally {
    closeSync(fd);
  }
}
