import type { Command } from 'commander';
import { badOptionsAreTwo } from './command-line.js';
import { addCommands } from './lazy-commands.js';

/** `saldo fraud`: watches the journal by rules. Each command has a file of its own in `fraud/`. */
export async function fraudCommand(fraud: Command, words: readonly string[]): Promise<void> {
  await addCommands(badOptionsAreTwo(fraud), words, {
    run: {
      takes: '[options]',
      description: 'watch the journal as it grows: publish alerts, put accounts under review, decide reviews',
      load: async () => (await import('./fraud/run.js')).fraudRunCommand,
    },
    report: {
      takes: '[options]',
      description: 'judge the journal as it is by the rules: what they flag, and why; changes nothing',
      load: async () => (await import('./fraud/report.js')).fraudReportCommand,
    },
  });
  for (const command of fraud.commands) badOptionsAreTwo(command);
}
