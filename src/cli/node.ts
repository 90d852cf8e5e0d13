import type { Command } from 'commander';
import { ROLES, type Role, readNodeConfig } from '../config/node-config.js';
import { defaultStackDir } from '../config/stack-env.js';
import { startNode } from '../main/node.js';
import { checkpointsIn } from '../main/signing-key-file.js';
import { findStack } from '../stack/find-stack.js';
import { createLogger } from '../telemetry/logger.js';
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
    .option('--roles <list>', `any of ${ROLES.join(',')}`, rolesOption, ROLES)
    .addHelpText(
      'after',
      `
api serves HTTP, worker carries out sagas, relay publishes the journal, pump starts sagas, carries them
out as well and lets holds expire, search feeds the read model. Which of the nodes with a role does it for a shard is settled by a lock there.

  SALDO_CLUSTER                the cluster's name, in every event and topic (saldo)
  SALDO_TENANT                 the tenant made at the first start (main)
  SALDO_TENANT_PLACEMENT       compact or spread (spread)
  SALDO_API_KEY                its API key; made up and printed once if there is none
  SALDO_TEMPORAL_NAMESPACE     (default)
  SALDO_SEARCH_URL             the read model's database (one beside the control database, made if it is not there)
  SALDO_SAGA_DEADLINE_SECONDS  after which an undecided transfer across shards is canceled (3600)
  SALDO_NEEDS_OPERATOR_AFTER   seconds after which "saldo saga list" asks for an operator (900)
  SALDO_SIGNING_KEY_FILE       the Ed25519 key (PEM) that signs checkpoints; or the key itself in SALDO_SIGNING_KEY
                               (signing-key.pem in the stack's folder, made if it is not there)
  SALDO_CHECKPOINT_EVENTS      events after which one is signed, at most 10000 (10000)
  SALDO_CHECKPOINT_SECONDS     seconds after which one is signed if anything happened (10)
  SALDO_ANCHOR_DIR             a folder where signed checkpoints are kept besides the ledger, a file for each shard
  SALDO_ANCHOR_BROKERS         host:port,… of brokers where they are kept too, in a topic of their own
  SALDO_METRICS                where GET /metrics is: off, api (its port), or [address:]port of its own, loopback (off)
  SALDO_LOG_LEVEL              trace, debug, info, warn, error (info)`,
    )
    .action(sentence(run));
}

async function run({ dir, host, port, roles, whileStdinOpen }: NodeOptions): Promise<void> {
  const addresses = findStack(dir);
  if (addresses === undefined) {
    throw new Error(
      `no servers are running in ${dir}: start them with "saldo stack up", or name them in the environment`,
    );
  }
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
}
