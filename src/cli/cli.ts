import { Command } from 'commander';
import { auditCommand } from './audit.js';
import { demoCommand } from './demo.js';
import { fraudCommand } from './fraud.js';
import { keysCommand } from './keys.js';
import { nodeCommand } from './node.js';
import { reviewCommand } from './review.js';
import { sagaCommand } from './saga.js';
import { scheduleCommand } from './schedule.js';
import { stackCommand } from './stack.js';
import { startCommand } from './start.js';

/** Runs `saldo …`; the arguments are those of the process, with node and the script first. */
export async function runCli(argv: readonly string[]): Promise<void> {
  const program = new Command('saldo')
    .description(
      'A distributed payment ledger: sharded Postgres, Temporal sagas, a Kafka journal anyone can verify.',
    )
    .showHelpAfterError('(saldo --help tells more)')
    .showSuggestionAfterError();
  const commands = [
    startCommand(),
    nodeCommand(),
    stackCommand(),
    auditCommand(),
    sagaCommand(),
    reviewCommand(),
    scheduleCommand(),
    fraudCommand(),
    keysCommand(),
    demoCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  await program.parseAsync([...argv]);
}
