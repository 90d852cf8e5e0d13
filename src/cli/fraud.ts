import { Command } from 'commander';
import { badOptionsAreTwo } from './command-line.js';
import { fraudReportCommand } from './fraud/report.js';
import { fraudRunCommand } from './fraud/run.js';

/** `saldo fraud`: watches the journal by rules. Each command has a file of its own in `fraud/`. */
export function fraudCommand(): Command {
  const fraud = badOptionsAreTwo(
    new Command('fraud').description('watch what accounts do, by rules of your own'),
  );
  for (const command of [fraudRunCommand(), fraudReportCommand()])
    fraud.addCommand(badOptionsAreTwo(command));
  return fraud;
}
