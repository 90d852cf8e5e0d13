import { Command } from 'commander';
import { readNodeConfig } from '../../config/node-config.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { dumpJournal } from '../audit-dump.js';
import { sentence } from '../sentence.js';
import { addressesIn, kafkaOptionsOf, seconds } from './servers.js';

interface DumpCommandOptions {
  readonly shard: number;
  readonly dir: string;
  readonly cluster: string;
  readonly patience: number;
}

/** `saldo audit dump`. */
export function dumpCommand(): Command {
  return new Command('dump')
    .description(
      "write one shard's events to standard output, one a line, for other verifiers; ends when nothing more comes",
    )
    .requiredOption('--shard <number>', 'which shard', Number)
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--patience <seconds>', 'how long nothing must come', seconds, 2)
    .action(sentence(runDump));
}

async function runDump(options: DumpCommandOptions): Promise<void> {
  const { dir, cluster, shard, patience } = options;
  await dumpJournal(kafkaOptionsOf(addressesIn(dir), cluster), cluster, shard, patience * 1_000);
}
