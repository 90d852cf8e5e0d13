import { Command } from 'commander';
import { linesOf } from '../../audit/archive/manifest.js';
import { verifyArchive } from '../../audit/archive/verify-archive.js';
import { describe } from '../../audit/divergence.js';
import { print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';

/** `saldo audit verify`. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('check an archive without any server: its files, and the sequence and chain of each shard')
    .argument('<archive>', 'the folder')
    .option('--json', 'the report as JSON on stdout', false)
    .addHelpText('after', EXIT_STATUS)
    .action(acting('verifying', runVerify));
}

async function runVerify(progress: Progress, dir: string, { json }: { json: boolean }): Promise<boolean> {
  const report = await verifyArchive(dir, progress);
  const { clean, manifest, divergences } = report;
  print(json, report, () => {
    const lines = [
      `Archive of ${manifest.cluster}, made ${manifest.made} by ${manifest.by}`,
      ...linesOf(manifest),
      ...divergences.map((divergence) => `DIVERGENCE ${describe(divergence)}`),
      clean
        ? "CLEAN: every file is the manifest's, and each shard's sequence and chain hold."
        : 'NOT CLEAN: the first divergence of each shard is above.',
    ];
    return `${lines.join('\n')}\n`;
  });
  return clean;
}
