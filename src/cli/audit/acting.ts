import { SingleBar } from 'cli-progress';
import { DivergenceError, describe } from '../../audit/divergence.js';
import { visible } from '../../audit/visible.js';
import { CLEAN, DIVERGED, NOT_DONE } from '../command-line.js';
import { told } from '../told.js';

export const EXIT_STATUS = `
Exit status: 0 clean, 1 a divergence or difference (named in the output), 2 it
could not be done.`;

export type Progress = (done: number, total: number) => void;

/** Runs a command's action with a progress bar on stderr; whatever it throws is one sentence there, and a status. */
export function acting<A extends readonly unknown[]>(
  verb: string,
  action: (progress: Progress, ...args: A) => Promise<boolean>,
): (...args: A) => Promise<void> {
  return async (...args) => {
    const bar = new SingleBar({
      format: `${verb} {bar} {percentage}% | {value}/{total} events | {eta_formatted}`,
      hideCursor: true,
      clearOnComplete: true,
      stream: process.stderr,
      noTTYOutput: false,
    });
    let started = false;
    try {
      const clean = await action(
        (done, total) => {
          if (!started) bar.start(total, 0);
          started = true;
          bar.update(done);
        },
        ...args,
      );
      process.exitCode = clean ? CLEAN : DIVERGED;
    } catch (error) {
      bar.stop();
      const diverged = error instanceof DivergenceError;
      process.stderr.write(
        diverged ? `DIVERGENCE ${describe(error.divergence)}\n` : `saldo: ${visible(told(error))}\n`,
      );
      process.exitCode = diverged ? DIVERGED : NOT_DONE;
    } finally {
      bar.stop();
    }
  };
}
