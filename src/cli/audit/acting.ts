import { SingleBar } from 'cli-progress';
import { type Command, InvalidArgumentError } from 'commander';
import { DivergenceError, describe } from '../../audit/divergence.js';

/** The auditor's exit statuses: one convention for all its commands. */
export const CLEAN = 0;
export const DIVERGED = 1;
export const NOT_DONE = 2;

export const EXIT_STATUS = `
Exit status: 0 clean, 1 a divergence or difference (named in the output), 2 it could not be done.`;

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
      const message = error instanceof Error ? error.message : String(error);
      process.stderr.write(diverged ? `DIVERGENCE ${describe(error.divergence)}\n` : `saldo: ${message}\n`);
      process.exitCode = diverged ? DIVERGED : NOT_DONE;
    } finally {
      bar.stop();
    }
  };
}

/** A bad option is something that could not be done, not a divergence. */
export function badOptionsAreTwo(command: Command): Command {
  return command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? CLEAN : NOT_DONE));
}

export function print(json: boolean, value: unknown, text: () => string): void {
  process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : text());
}

/** Parses an option that is a whole number within bounds. */
export const wholeNumber =
  (least: number, most: number) =>
  (text: string): number => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most}.`);
  };
