import { Command } from 'commander';
import { dumpCommand } from './audit/dump.js';
import { replayCommand } from './audit/replay.js';

/** `saldo audit`: proves the books from the journal. Each command has a file of its own in `audit/`. */
export function auditCommand(): Command {
  return new Command('audit')
    .description('prove the books from the journal')
    .addCommand(replayCommand())
    .addCommand(dumpCommand());
}
