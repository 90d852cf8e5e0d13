import type { Command } from 'commander';
import { replay } from '../../audit/replay.js';
import { renderReport } from '../../audit/report.js';
import { print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { anchorsIn, anchorsOption } from './anchors.js';
import { type FromOptions, fromOptions, journalFrom } from './journal-from.js';
import { trustedIn, trustOption } from './trust.js';

interface ReplayCommandOptions extends FromOptions {
  readonly withShards: boolean;
  readonly journalOnly: boolean;
  readonly trust?: string;
  readonly anchors?: readonly string[];
  readonly json: boolean;
}

/** `saldo audit replay`. */
export function replayCommand(command: Command): void {
  anchorsOption(trustOption(fromOptions(command)))
    .option('--with-shards', "of an archive: compare the stack's shards too", false)
    .option('--journal-only', 'of Kafka: without the shards', false)
    .option('--json', 'the report as JSON on stdout', false)
    .addHelpText(
      'after',
      `
From Kafka each shard is read up to where it is now, waiting for its relay, and
compared as a whole. From an archive nothing else is needed; a shard that has
gone on since is compared by the rows up to the archive's end.
${EXIT_STATUS}`,
    )
    .action(acting('auditing', runReplay));
}

async function runReplay(progress: Progress, options: ReplayCommandOptions): Promise<boolean> {
  const { archive, withShards, journalOnly, json } = options;
  const compare = archive === undefined ? !journalOnly : withShards;
  // Before the journal's end is asked for: what is anchored must be in it.
  const anchors = await anchorsIn(options.anchors, options.cluster, options.dir);
  const { source, upTo, shardUrls } = await journalFrom(options, { compare });
  const trust = trustedIn(options.trust);
  const keys = trust === undefined ? {} : { trust };
  const compared = { shardUrls, ...keys, ...anchors };
  const report = await replay({ source, upTo, ...compared, threads: true, onProgress: progress });
  print(json, report, () => renderReport(report));
  return report.clean;
}
