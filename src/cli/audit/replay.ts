import { SingleBar } from 'cli-progress';
import { Command } from 'commander';
import { kafkaSource } from '../../audit/kafka-source.js';
import { replay } from '../../audit/replay.js';
import { renderReport } from '../../audit/report.js';
import { readNodeConfig } from '../../config/node-config.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { addressesIn, kafkaOptionsOf, seconds } from './servers.js';

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
    .addHelpText(
      'after',
      '\nExit status: 0 clean, 1 a divergence (named in the report), 2 it could not be done.',
    )
    .action(runReplay);
}

async function runReplay({ dir, cluster, json, patience }: ReplayCommandOptions): Promise<void> {
  const bar = new SingleBar({
    format: 'auditing {bar} {percentage}% | {value}/{total} events | {eta_formatted}',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    noTTYOutput: false,
  });
  try {
    const addresses = addressesIn(dir);
    const options = kafkaOptionsOf(addresses, cluster);
    let started = false;
    const report = await replay({
      source: kafkaSource(options, cluster, patience * 1_000),
      shardUrls: addresses.shardUrls,
      onProgress: (done, total) => {
        if (!started) bar.start(total, 0);
        started = true;
        bar.update(done);
      },
    });
    bar.stop();
    process.stdout.write(json ? `${JSON.stringify(report, null, 2)}\n` : renderReport(report));
    process.exitCode = report.clean ? 0 : 1;
  } catch (error) {
    bar.stop();
    process.stderr.write(`saldo: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
