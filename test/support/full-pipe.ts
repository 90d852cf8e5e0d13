import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';

/** A file at which whoever writes waits, as on a network disk that is away: a full pipe. Returns what lets them go. */
export function fullPipe(path: string): () => void {
  execFileSync('mkfifo', [path]);
  const pipe = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const piece = Buffer.alloc(4_096);
  untilAgain(() => writeSync(pipe, piece));
  return () => {
    untilAgain(() => readSync(pipe, piece));
    closeSync(pipe);
  };
}

/** Until it would have to wait. */
function untilAgain(step: () => void): void {
  try {
    for (;;) step();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
  }
}
