import { SingleBar } from 'cli-progress';
import { Command, InvalidArgumentError } from 'commander';
import { kafkaSource } from '../audit/kafka-source.js';
import { replay } from '../audit/replay.js';
import { renderReport } from '../audit/report.js';
import { readNodeConfig } from '../config/node-config.js';
import { defaultStackDir } from '../config/stack-env.js';
import type { StackAddresses } from '../stack/addresses.js';
import { findStack } from '../stack/find-stack.js';
import { dumpJournal } from './audit-dump.js';
import { sentence } from './sentence.js';

interface ReplayCommandOptions {
  readonly dir: string;
  readonly cluster: string;
  readonly json: boolean;
  readonly patience: number;
}

/** `saldo audit`: proves the books from the journal. Exit status 0: clean; 1: not; 2: could not be done. */
export function auditCommand(): Command {
  const audit = new Command('audit').description('prove the books from the journal');
  audit
    .command('replay')
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
  audit
    .command('dump')
    .description(
      "write one shard's events to standard output, one a line, for other verifiers; ends when nothing more comes",
    )
    .requiredOption('--shard <number>', 'which shard', Number)
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--patience <seconds>', 'how long nothing must come', seconds, 2)
    .action(sentence(runDump));
  return audit;
}

async function runDump(options: ReplayCommandOptions & { readonly shard: number }): Promise<void> {
  const { dir, cluster, shard, patience } = options;
  await dumpJournal(kafkaOptionsOf(addressesIn(dir), cluster), cluster, shard, patience * 1_000);
}

function addressesIn(dir: string): StackAddresses {
  const addresses = findStack(dir);
  if (addresses !== undefined) return addresses;
  throw new Error(`no servers are running in ${dir}: start them with "saldo stack up"`);
}

const kafkaOptionsOf = ({ kafkaBrokers: brokers }: StackAddresses, cluster: string) => ({
  brokers,
  clientId: `${cluster}.audit`,
  log: (): undefined => undefined,
});

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

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('A number of seconds.');
  return value;
}
