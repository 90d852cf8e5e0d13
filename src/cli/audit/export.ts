import type { Command } from 'commander';
import { exportArchive } from '../../audit/archive/export-archive.js';
import { linesOf } from '../../audit/archive/manifest.js';
import { readNodeConfig } from '../../config/node-config.js';
import { packageVersion } from '../../config/package-root.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { print, wholeNumber } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { journalNow } from './journal-now.js';
import { seconds } from './servers.js';

interface ExportCommandOptions {
  readonly out: string;
  readonly splitMb: number;
  readonly dir: string;
  readonly cluster: string;
  readonly patience: number;
  readonly json: boolean;
}

/** `saldo audit export`. */
export function exportCommand(command: Command): void {
  command
    .requiredOption('--out <folder>', 'where to; must be empty or not there')
    .option(
      '--split-mb <number>',
      'megabytes of events in one file, before compression',
      wholeNumber(1, 256),
      64,
    )
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--patience <seconds>', 'how long Kafka may give nothing', seconds, 30)
    .option('--json', 'the manifest as JSON on stdout', false)
    .addHelpText('after', EXIT_STATUS)
    .action(acting('exporting', runExport));
}

async function runExport(progress: Progress, options: ExportCommandOptions): Promise<boolean> {
  const { out, splitMb, json, cluster } = options;
  const { source, upTo } = await journalNow(options);
  const manifest = await exportArchive({
    source,
    upTo,
    cluster,
    dir: out,
    splitBytes: splitMb * 1_000_000,
    made: new Date(),
    by: `saldo ${packageVersion()}`,
    onProgress: progress,
  });
  print(json, manifest, () => `Archive of ${cluster} in ${out}:\n${linesOf(manifest).join('\n')}\n`);
  return true;
}
