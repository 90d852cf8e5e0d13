import { Command } from 'commander';
import { kafkaSource } from '../../audit/kafka-source.js';
import { replay } from '../../audit/replay.js';
import { renderReport } from '../../audit/report.js';
import { readNodeConfig } from '../../config/node-config.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { addressesIn, print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { kafkaOptionsOf, seconds } from './servers.js';

interface ReplayCommandOptions {
  readonly dir: string;
  readonly cluster: string;
  readonly json: boolean;
  readonly patience: number;
}

/** `saldo audit replay`. */
export function replayCommand(): Command {
  return new Command('replay')
    .description(
      'read the whole journal from Kafka, check every rule, rebuild all balances, compare every shard',
    )
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--patience <seconds>', 'how long to wait for events a relay has yet to publish', seconds, 30)
    .option('--json', 'the report as JSON on stdout', false)
    .addHelpText('after', EXIT_STATUS)
    .action(acting('auditing', runReplay));
}

async function runReplay(
  progress: Progress,
  { dir, cluster, json, patience }: ReplayCommandOptions,
): Promise<boolean> {
  const addresses = addressesIn(dir);
  const report = await replay({
    source: kafkaSource(kafkaOptionsOf(addresses, cluster), cluster, patience * 1_000),
    shardUrls: addresses.shardUrls,
    onProgress: progress,
  });
  print(json, report, () => renderReport(report));
  return report.clean;
}
