import { Command } from 'commander';
import { balanceCommand } from './audit/balance.js';
import { diffCommand } from './audit/diff.js';
import { dumpCommand } from './audit/dump.js';
import { exportCommand } from './audit/export.js';
import { proveCommand } from './audit/prove.js';
import { reconcileCommand } from './audit/reconcile.js';
import { replayCommand } from './audit/replay.js';
import { trialBalanceCommand } from './audit/trial-balance.js';
import { verifyCommand } from './audit/verify.js';
import { verifyProofCommand } from './audit/verify-proof.js';
import { badOptionsAreTwo } from './command-line.js';

/** `saldo audit`: proves the books from the journal. Each command has a file of its own in `audit/`. */
export function auditCommand(): Command {
  const audit = badOptionsAreTwo(new Command('audit').description('prove the books from the journal'));
  for (const command of [
    replayCommand(),
    exportCommand(),
    verifyCommand(),
    balanceCommand(),
    trialBalanceCommand(),
    reconcileCommand(),
    diffCommand(),
    proveCommand(),
    verifyProofCommand(),
    dumpCommand(),
  ]) {
    audit.addCommand(badOptionsAreTwo(command));
  }
  return audit;
}
