import type { Command } from 'commander';
import { balanceOf } from '../../audit/balances.js';
import { print } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { type AtOptions, accountNamed, atOptions, booksAt, moneyText, warnings } from './books-at.js';

/** `saldo audit balance`. */
export function balanceCommand(command: Command): void {
  atOptions(command)
    .argument('<account>', "the account's id, acc_…, or its reference as <tenant>/<reference>")
    .addHelpText('after', EXIT_STATUS)
    .action(acting('rebuilding', runBalance));
}

async function runBalance(progress: Progress, name: string, options: AtOptions): Promise<boolean> {
  const { report, accounts } = await booksAt(progress, options);
  const { id, shard, found } = accountNamed(accounts, name, options.at);
  const balance = balanceOf(id, shard, found);
  const value = { at: options.at ?? 'now', clean: report.clean, ...balance, divergences: report.divergences };
  print(options.json, value, () => {
    const amount = (minor: string): string => moneyText(minor, balance.asset);
    const lines = [
      `${balance.account}${balance.reference === '' ? '' : ` (${balance.reference})`} of ${balance.tenant}, shard ${balance.shard}, ${balance.status}, ${options.at ?? 'now'}`,
      `  balance    ${amount(balance.balance)}`,
      `  available  ${amount(balance.available)}`,
      `  debits     ${amount(balance.debits)} posted, ${amount(balance.pendingDebits)} pending`,
      `  credits    ${amount(balance.credits)} posted, ${amount(balance.pendingCredits)} pending`,
      `  entries    ${balance.version}`,
      ...warnings(report),
    ];
    return `${lines.join('\n')}\n`;
  });
  return report.clean;
}
