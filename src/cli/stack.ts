import { createInterface } from 'node:readline/promises';
import Table from 'cli-table3';
import type { Command } from 'commander';
import { defaultStackDir } from '../config/stack-env.js';
import { startInBackground } from '../stack/background.js';
import { resetStack } from '../stack/reset-stack.js';
import { StackError } from '../stack/stack-error.js';
import { stackStatus } from '../stack/stack-status.js';
import { stopStack } from '../stack/stop-stack.js';
import { noServers } from './command-line.js';
import { shardsOption } from './node-options.js';
import { sentence } from './sentence.js';

interface DirOption {
  readonly dir: string;
}

/** `saldo stack`: the real Postgres, Kafka and Temporal servers on this machine. */
export function stackCommand(stack: Command): void {
  stack.addHelpText(
    'after',
    `
Servers that run elsewhere are used in place of these when the environment names
them:
  SALDO_SHARD_URLS        postgres://user:password@host:port/database,…
  SALDO_CONTROL_URL       the control database
  SALDO_KAFKA_BROKERS     host:port,…
  SALDO_TEMPORAL_ADDRESS  host:port
  SALDO_TEMPORAL_UI_URL   Temporal's own pages, for links into them
KAFKA_HOME names an unpacked Kafka 4 to run in place of the download, SALDO_DIR
the folder in place of .saldo.`,
  );
  withDir(stack.command('up'))
    .description('start the servers in the background and return when they are ready')
    .option(
      '--shards <number>',
      'Postgres servers, one a shard; a folder that has more keeps them',
      shardsOption(1),
      2,
    )
    .action(sentence(up));
  withDir(stack.command('status'))
    .description('show each server; exits with 1 when one is down')
    .action(sentence(status));
  withDir(stack.command('down')).description('stop the servers; the data stay').action(sentence(down));
  withDir(stack.command('reset'))
    .description('stop the servers and delete all data, for good')
    .option('--yes', 'do not ask', false)
    .action(sentence(reset));
}

function withDir(command: Command): Command {
  return command.option('--dir <folder>', "the stack's folder", defaultStackDir());
}

async function up(options: DirOption & { readonly shards: number }): Promise<void> {
  const { addresses } = await startInBackground({ ...options, onProgress: print });
  print(`Kafka     ${addresses.kafkaBrokers.join(', ')}`);
  print(`Temporal  ${addresses.temporalAddress}`);
  for (const [index, url] of addresses.shardUrls.entries()) print(`shard ${index}   ${withoutPassword(url)}`);
  print(`control   ${withoutPassword(addresses.controlUrl)}`);
}

async function status({ dir }: DirOption): Promise<void> {
  const services = await stackStatus(dir);
  if (services.length === 0) throw new StackError(noServers(dir));
  const table = new Table({ head: ['service', 'address', 'pid', 'up'], style: { head: [], border: [] } });
  for (const { service, address, pid, up } of services)
    table.push([service, address, pid ?? 'external', up ? 'yes' : 'NO']);
  print(table.toString());
  if (services.some((service) => !service.up)) process.exitCode = 1;
}

async function down({ dir }: DirOption): Promise<void> {
  const ended = await stopStack({ dir, onProgress: print });
  print(ended ? 'the stack is down' : `no stack runs in ${dir}`);
}

async function reset({ dir, yes }: DirOption & { readonly yes: boolean }): Promise<void> {
  if (!yes && !(await confirmed(dir))) {
    print('nothing was deleted');
    process.exitCode = 1;
    return;
  }
  const deleted = await resetStack({ dir, onProgress: print });
  print(deleted.length === 0 ? `there is nothing to delete in ${dir}` : `deleted ${deleted.join(', ')}`);
}

async function confirmed(dir: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new StackError('There is no terminal to ask on: say --yes to delete without asking.');
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`Delete all data of the stack in ${dir}, for good? Type yes: `);
    return answer.trim().toLowerCase() === 'yes';
  } finally {
    terminal.close();
  }
}

function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}

function print(line: string): void {
  console.log(line);
}
