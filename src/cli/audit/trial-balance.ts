import Table from 'cli-table3';
import { type Command, InvalidArgumentError } from 'commander';
import { type TrialBalanceQuery, trialBalance } from '../../audit/balances.js';
import { type Asset, parseAsset } from '../../domain/asset.js';
import { print, wholeNumber } from '../command-line.js';
import { acting, EXIT_STATUS, type Progress } from './acting.js';
import { type AtOptions, atOptions, booksAt, moneyText, warnings } from './books-at.js';

type TrialBalanceOptions = AtOptions & TrialBalanceQuery;

/** `saldo audit trial-balance`. */
export function trialBalanceCommand(command: Command): void {
  atOptions(command)
    .option('--tenant <id>', 'only of this tenant')
    .option('--prefix <text>', 'only accounts whose reference begins so')
    .option('--asset <code>', 'only this asset', assetOption)
    .option(
      '--depth <number>',
      'a line for each beginning of a reference of so many parts, split at colons',
      wholeNumber(0, 16),
      0,
    )
    .addHelpText('after', EXIT_STATUS)
    .action(acting('rebuilding', runTrialBalance));
}

async function runTrialBalance(progress: Progress, options: TrialBalanceOptions): Promise<boolean> {
  const { report, accounts } = await booksAt(progress, options);
  const lines = trialBalance(accounts, options);
  const { at = 'now', json } = options;
  print(json, { at, clean: report.clean, lines, divergences: report.divergences }, () => {
    const table = new Table({
      head: ['tenant', ...(options.depth ? ['reference'] : []), 'accounts', 'debits', 'credits', 'balance'],
      style: { head: [], border: [] },
      colAligns: ['left', ...(options.depth ? (['left'] as const) : []), 'right', 'right', 'right', 'right'],
    });
    for (const { tenant, asset, group, accounts: count, debits, credits, balance } of lines) {
      const amounts = [debits, credits, balance].map((minor) => moneyText(minor, asset));
      table.push([tenant, ...(options.depth ? [group] : []), count, ...amounts]);
    }
    return [`As of ${at}`, table.toString(), ...warnings(report), ''].join('\n');
  });
  return report.clean;
}

function assetOption(text: string): Asset {
  const asset = parseAsset(text);
  if (asset === undefined) throw new InvalidArgumentError('A currency such as EUR, or CODE/SCALE.');
  return asset;
}
