import type { Command } from 'commander';
import { readManifest } from '../../audit/archive/manifest.js';
import { renderReport, reportJson, reportOf } from '../../fraud/report.js';
import { acting, type Progress } from '../audit/acting.js';
import { type FromOptions, fromOptions, journalFrom } from '../audit/journal-from.js';
import { print, wholeNumber } from '../command-line.js';
import { DEFAULT_RULES, rulesIn } from './rules-file.js';

interface ReportOptions extends FromOptions {
  readonly rules?: string;
  readonly limit: number;
  readonly json: boolean;
}

/** `saldo fraud report`. */
export function fraudReportCommand(command: Command): void {
  fromOptions(command)
    .option('--rules <file>', `the rules, YAML or JSON (${DEFAULT_RULES})`)
    .option('--limit <count>', 'how many accounts to show', wholeNumber(0, 1_000_000), 10)
    .option('--json', 'every alert as JSON on stdout', false)
    .addHelpText(
      'after',
      `
The same rules give the same alerts as a consumer that runs, so new rules can be
tried on what has been.
Exit status: 0 judged (whatever was flagged), 2 it could not be done.`,
    )
    .action(acting('judging', runReport));
}

async function runReport(progress: Progress, options: ReportOptions): Promise<boolean> {
  const config = rulesIn(options.rules);
  const { source, upTo } = await journalFrom(options, { compare: false });
  const cluster =
    options.archive === undefined ? options.cluster : (await readManifest(options.archive)).cluster;
  const report = await reportOf({
    read: (shard) => source.read(shard),
    cluster,
    upTo,
    config,
    onProgress: progress,
  });
  print(options.json, reportJson(report, config), () => renderReport(report, config, options.limit));
  return true;
}
