import { type Command, InvalidArgumentError } from 'commander';
import { defaultStackDir } from '../config/stack-env.js';
import type { StackAddresses } from '../stack/addresses.js';
import { findStack } from '../stack/find-stack.js';

/** The exit statuses of commands that judge or act: done and well, a refusal or a difference, could not be done. */
export const CLEAN = 0;
export const DIVERGED = 1;
export const NOT_DONE = 2;

/** A bad option is something that could not be done, not a difference; also of subcommands that are made later. */
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

/** That nothing runs in the folder, and the command that starts it. */
export function noServers(dir: string): string {
  const option = dir === defaultStackDir() ? '' : ` --dir ${dir}`;
  return `no servers are running in ${dir}: start them with "saldo stack up${option}"`;
}

/** The servers of the stack in a folder. */
export function addressesIn(dir: string): StackAddresses {
  const addresses = findStack(dir);
  if (addresses !== undefined) return addresses;
  throw new Error(`${noServers(dir)}, or name them in the environment (saldo stack --help)`);
}
