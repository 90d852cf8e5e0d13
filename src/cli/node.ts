import { type Command, Option } from 'commander';
import { ROLES, type Role, readNodeConfig } from '../config/node-config.js';
import { defaultStackDir } from '../config/stack-env.js';
import { startNode } from '../main/node.js';
import { checkpointsIn } from '../main/signing-key-file.js';
import { createLogger } from '../telemetry/logger.js';
import { addressesIn } from './command-line.js';
import { NODE_HELP } from './node-help.js';
import { portOption, rolesOption } from './node-options.js';
import { sentence } from './sentence.js';
import { untilSignal, untilStdinEnds } from './until-signal.js';

interface NodeOptions {
  readonly dir: string;
  readonly host: string;
  readonly port: number;
  readonly roles: readonly Role[];
  readonly whileStdinOpen: boolean;
}

const LINGER_MS = 1_000;

/** `saldo node`: one node; any number of them may run, each with any roles. */
export function nodeCommand(command: Command): void {
  command
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--host <address>', 'where the API listens', '127.0.0.1')
    .option('--port <number>', 'the port of the API; 0 takes a free one', portOption, 7400)
    .option(
      '--while-stdin-open',
      'drain and stop when standard input ends, so that the node goes with whoever started it',
      false,
    )
    .addOption(
      new Option('--roles <list>', `any of ${ROLES.join(',')}`)
        .argParser(rolesOption)
        .default(ROLES, 'all of them'),
    )
    .addHelpText('after', NODE_HELP)
    .action(sentence(run));
}

async function run({ dir, host, port, roles, whileStdinOpen }: NodeOptions): Promise<void> {
  const addresses = addressesIn(dir);
  const config = readNodeConfig();
  const logger = createLogger({ level: config.logLevel });
  const checkpoints = checkpointsIn(dir);
  if (checkpoints === undefined)
    logger.warn('no signing key: this node makes no checkpoints (saldo keys new)');
  const node = await startNode({ config, addresses, roles, host, port, checkpoints, logger });
  if (node.url !== undefined) process.stdout.write(`saldo node ready on ${node.url}\n`);
  else process.stdout.write(`saldo node ready (${roles.join(', ')})\n`);
  if (node.metricsUrl !== undefined) process.stdout.write(`metrics at ${node.metricsUrl}\n`);
  if (node.madeApiKey !== undefined) process.stdout.write(`API key (shown once): ${node.madeApiKey}\n`);
  await Promise.race([untilSignal(), ...(whileStdinOpen ? [untilStdinEnds()] : [])]);
  logger.info('draining');
  await node.stop();
  process.stdin.destroy();
  // A shard that hangs does not end its connections either, and they would keep the process.
  setTimeout(() => process.exit(), LINGER_MS).unref();
}
