import { createHash } from 'node:crypto';
import { userInfo } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { readNodeConfig } from '../config/node-config.js';
import { defaultStackDir } from '../config/stack-env.js';
import {
  isIdempotencyKey,
  isScheduleId,
  isTenantId,
  isTransferId,
  type ScheduleId,
  type TenantId,
  type TransferId,
} from '../domain/ids.js';
import { type OperatorDesk, openOperatorDesk } from '../main/operator-desk.js';
import type { Listing } from '../routing/answering.js';
import { addressesIn, badOptionsAreTwo, NOT_DONE } from './command-line.js';
import { told } from './told.js';

/** What every command of an operator takes. */
export interface OperatorOptions {
  readonly dir: string;
  readonly cluster: string;
  readonly json: boolean;
}
/** What one takes that changes something. */
export interface ActingOptions extends OperatorOptions {
  readonly as: string;
  readonly key?: string;
}

/** How to give an operator's command a command of its own. */
export function operatorCommand(command: Command): (usage: string, description: string) => Command {
  badOptionsAreTwo(command);
  return (usage, description) =>
    command
      .command(usage)
      .description(description)
      .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
      .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
      .option('--json', 'the answer as JSON on stdout', false);
}

/** Who asks; the event has it as `operator:<name>`. */
export const asOption = (command: Command): Command =>
  command.option('--as <name>', 'who asks: recorded in the event', operatorName, userInfo().username);

/** The key under which it is asked; without it one is made of what is asked and by whom. */
export const keyOption = (command: Command): Command =>
  command.option(
    '--key <key>',
    'the idempotency key; made of the command itself if not given',
    idempotencyKey,
  );

/** The same command by the same person has the same key, so that repeating it is always safe. */
export function keyOf({ key, as }: ActingOptions, verb: string, subject: string, ...words: string[]): string {
  if (key !== undefined) return key;
  const digest = createHash('sha256')
    .update(JSON.stringify([as, ...words]))
    .digest('hex');
  return `saldo-cli/${verb}/${subject}/${digest.slice(0, 16)}`;
}

/** Opens what the command needs, acts and closes it; what went wrong is a sentence on stderr and exit status 2. */
export async function acting<D extends { close(): Promise<void> }>(
  open: () => Promise<D>,
  act: (desk: D) => Promise<void>,
): Promise<void> {
  let desk: D | undefined;
  try {
    desk = await open();
    await act(desk);
  } catch (error) {
    process.stderr.write(`saldo: ${told(error)}\n`);
    process.exitCode = NOT_DONE;
  } finally {
    await desk?.close();
  }
}

/** As `acting`, at the desk for reviews and schedules. */
export const atDesk = (
  { dir, cluster }: OperatorOptions,
  act: (desk: OperatorDesk) => Promise<void>,
): Promise<void> =>
  acting(() => {
    const { sagaDeadlineMs } = readNodeConfig();
    return openOperatorDesk({ ...addressesIn(dir), cluster, sagaDeadlineMs });
  }, act);

/** What was listed is not all there is, and nobody may take it for that. */
export function notAllIsTwo({ unreachable }: Listing<unknown>): void {
  if (unreachable.length > 0) process.exitCode = NOT_DONE;
}

export function transferId(text: string): TransferId {
  if (!isTransferId(text)) throw new InvalidArgumentError('A transfer id: tr_ and 32 hexadecimal digits.');
  return text;
}
export function scheduleId(text: string): ScheduleId {
  if (!isScheduleId(text)) throw new InvalidArgumentError('A schedule id: sch_ and 32 hexadecimal digits.');
  return text;
}
export function tenantName(text: string): TenantId {
  if (!isTenantId(text))
    throw new InvalidArgumentError("A tenant's id: lower-case letters, digits, - and _, at most 32.");
  return text;
}
export function shortText(text: string): string {
  if (text.trim() !== '' && text.length <= 1_000) return text;
  throw new InvalidArgumentError('1 to 1000 characters.');
}

function operatorName(text: string): string {
  if (/^[\p{L}\p{N}][\p{L}\p{N} ._@-]{0,63}$/u.test(text)) return text;
  throw new InvalidArgumentError('A name of at most 64 letters, digits, spaces and . _ @ -.');
}
function idempotencyKey(text: string): string {
  if (isIdempotencyKey(text)) return text;
  throw new InvalidArgumentError('An idempotency key: 1 to 255 printable ASCII characters.');
}
