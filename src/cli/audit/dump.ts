import type { Command } from 'commander';
import { readNodeConfig } from '../../config/node-config.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { dumpJournal } from '../audit-dump.js';
import { addressesIn, wholeNumber } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { kafkaOptionsOf, seconds } from './servers.js';

interface DumpCommandOptions {
  readonly shard: number;
  readonly dir: string;
  readonly cluster: string;
  readonly patience: number;
}

/** `saldo audit dump`. */
export function dumpCommand(command: Command): void {
  command
    .requiredOption('--shard <number>', 'which shard', wholeNumber(0, 4095))
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--patience <seconds>', 'how long nothing must come', seconds, 2)
    .addHelpText('after', EXIT_STATUS)
    .action(acting('reading', runDump));
}

async function runDump(_progress: Progress, options: DumpCommandOptions): Promise<boolean> {
  const { dir, cluster, shard, patience } = options;
  const addresses = addressesIn(dir);
  const shards = addresses.shardUrls.length;
  if (shard >= shards)
    throw new Error(`there is no shard ${shard}: ${cluster} has shards 0 to ${shards - 1}`);
  await dumpJournal(kafkaOptionsOf(addresses, cluster), cluster, shard, patience * 1_000);
  return true;
}
