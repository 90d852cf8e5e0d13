import type { Command } from 'commander';
import { linesOf, readManifest } from '../../audit/archive/manifest.js';
import { type ArchiveReport, verifyArchive } from '../../audit/archive/verify-archive.js';
import { describe } from '../../audit/divergence.js';
import { signedLine } from '../../audit/report.js';
import { visible } from '../../audit/visible.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { anchorsIn, anchorsOption } from './anchors.js';
import { trustedIn, trustOption } from './trust.js';

interface VerifyOptions {
  readonly json: boolean;
  readonly trust?: string;
  readonly anchors?: readonly string[];
  readonly dir: string;
}

/** `saldo audit verify`. */
export function verifyCommand(command: Command): void {
  anchorsOption(trustOption(command))
    .argument('<archive>', 'the folder')
    .option('--dir <folder>', "the stack's folder, to find the topic of anchors", defaultStackDir())
    .option('--json', 'the report as JSON on stdout', false)
    .addHelpText('after', EXIT_STATUS)
    .action(acting('verifying', runVerify));
}

async function runVerify(
  progress: Progress,
  dir: string,
  { json, trust, ...options }: VerifyOptions,
): Promise<boolean> {
  const { cluster } = await readManifest(dir);
  const { anchors } = await anchorsIn(options.anchors, cluster, options.dir);
  const report = await verifyArchive(dir, progress, trustedIn(trust), anchors);
  const { clean, manifest, divergences } = report;
  print(json, report, () => {
    const lines = [
      `Archive of ${manifest.cluster}, made ${manifest.made} by ${manifest.by}`,
      ...linesOf(manifest).flatMap((line, shard) => [line, ...signedLines(report, shard)]),
      ...divergences.map((divergence) => `DIVERGENCE ${describe(divergence)}`),
      clean
        ? "CLEAN: every file is the manifest's, and each shard's sequence, chain and signatures hold."
        : 'NOT CLEAN: the first divergence of each shard is above.',
    ];
    return `${lines.map(visible).join('\n')}\n`;
  });
  return clean;
}

/** Of a shard whose journal was read to its end. */
function signedLines({ signed, manifest, divergences }: ArchiveReport, shard: number): string[] {
  const report = signed[shard];
  const broke = divergences.some((divergence) => divergence.shard === shard);
  return report === undefined || broke
    ? []
    : [`    ${signedLine(report, manifest.shards[shard]?.events ?? 0)}`];
}
