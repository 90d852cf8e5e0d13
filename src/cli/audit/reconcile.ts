import { readFileSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { readAccountLines } from '../../audit/reconcile/account-lines.js';
import { readCamt } from '../../audit/reconcile/camt/read-camt.js';
import { readCsv } from '../../audit/reconcile/csv/read-csv.js';
import { isDate } from '../../audit/reconcile/dates.js';
import { readDecimal } from '../../audit/reconcile/decimal.js';
import { reconcile } from '../../audit/reconcile/reconcile.js';
import { renderReconciliation } from '../../audit/reconcile/render.js';
import {
  placeOrName,
  type RawCsv,
  readSettings,
  type Settings,
} from '../../audit/reconcile/settings/read-settings.js';
import type { Perspective } from '../../audit/reconcile/settle.js';
import { type Statement, StatementError } from '../../audit/reconcile/statement.js';
import { type Accounts, replayBooks } from '../../audit/replay.js';
import { print } from '../command-line.js';
import { acting, type Progress } from './acting.js';
import { accountNamed, warnings } from './books-at.js';
import { type FromOptions, fromOptions, journalFrom } from './journal-from.js';

interface ReconcileCommandOptions extends FromOptions {
  readonly account: string;
  readonly perspective: Perspective;
  readonly config?: string;
  readonly column: Readonly<Record<string, string>>;
  readonly only: Readonly<Record<string, string>>;
  readonly dateFormat?: string;
  readonly decimal?: string;
  readonly delimiter?: string;
  readonly encoding?: string;
  readonly from?: string;
  readonly to?: string;
  readonly opening?: string;
  readonly closing?: string;
  readonly json: boolean;
}

const MOST_BYTES = 64 * 1024 * 1024;

/** `saldo audit reconcile`. */
export function reconcileCommand(command: Command): void {
  fromOptions(command)
    .argument('<statement>', 'a file; *.xml is camt.053, anything else CSV')
    .requiredOption(
      '--account <account>',
      "the account's id, acc_…, or its reference as <tenant>/<reference>",
    )
    .addOption(
      new Option(
        '--perspective <which>',
        "same: the statement's credit is the account's credit; mirror: it is its debit, as of a bank's statement of our money there",
      )
        .choices(['same', 'mirror'])
        .makeOptionMandatory(),
    )
    .option('--config <file>', 'how the statement is written and what matches, in YAML')
    .option('--column <what=name>', 'of CSV, for each: date, amount, reference, …', collected, {})
    .option('--only <name=value>', 'of CSV: only rows with this value', collected, {})
    .option('--date-format <form>', 'of CSV: such as DD.MM.YYYY (default: YYYY-MM-DD)')
    .option('--decimal <character>', 'of CSV: before the fraction (default: .)')
    .option('--delimiter <character>', 'of CSV: between columns (default: ,)')
    .option('--encoding <name>', 'of CSV: such as windows-1250 (default: utf-8)')
    .option('--from <date>', 'the first day of the statement, where it does not say it', date)
    .option('--to <date>', 'the last day', date)
    .option('--opening <amount>', 'the balance before the first day, as on the statement', amount)
    .option('--closing <amount>', 'the balance after the last day', amount)
    .option('--json', 'as JSON on stdout', false)
    .addHelpText(
      'after',
      `
Exit status: 0 everything matches, 1 something does not (named in the output), 2
it could not be done.`,
    )
    .action(acting('reading', runReconcile));
}

async function runReconcile(
  progress: Progress,
  file: string,
  options: ReconcileCommandOptions,
): Promise<boolean> {
  const settings = settingsOf(options);
  const statement = { ...statementIn(file, settings), ...said(options) };
  const { source, upTo } = await journalFrom(options, { compare: false });
  const books = { source, upTo, threads: true, withAccounts: true, onProgress: progress } as const;
  const { report, accounts } = await replayBooks(books);
  const { id, found } = accountNamed(accounts, options.account);
  // What was replayed, and no more, though more may have been published meanwhile.
  const replayed = report.shards.map(({ events }) => events);
  const entries = await readAccountLines({ source, upTo: replayed, account: id });
  const moved = entries.reduce((sum, one) => sum + one.amount, 0n);
  if (report.clean && moved !== BigInt(found.counters[1]) - BigInt(found.counters[0]))
    throw new Error('the journal changed while it was read: try again');
  const result = withPlace(file, () =>
    reconcile({
      statement,
      perspective: options.perspective,
      account: { id, tenant: found.tenant, reference: found.reference, asset: found.asset },
      entries,
      namesOf: (account) => namesIn(accounts, account),
      ...(options.from === undefined ? {} : { from: options.from }),
      ...(options.to === undefined ? {} : { to: options.to }),
      settings,
    }),
  );
  const clean = result.clean && report.clean;
  print(options.json, { ...result, clean, divergences: report.divergences }, () =>
    [...warnings(report).map((line) => `${line}\n`), renderReconciliation({ ...result, clean })].join(''),
  );
  return clean;
}

function settingsOf(options: ReconcileCommandOptions): Settings {
  const { config, column, only, dateFormat, decimal, delimiter, encoding } = options;
  const columns = Object.entries(column).map(([what, name]) => [what, placeOrName(name)]);
  const csv: RawCsv = Object.fromEntries(
    Object.entries({
      columns: columns.length === 0 ? undefined : Object.fromEntries(columns),
      only: Object.keys(only).length === 0 ? undefined : only,
      date_format: dateFormat,
      decimal,
      delimiter,
      encoding,
    }).filter(([, value]) => value !== undefined),
  );
  const text = config === undefined ? undefined : readFileSync(config, 'utf8');
  return readSettings(text, config ?? 'the command line', csv);
}

function statementIn(file: string, { csv, camt }: Settings): Statement {
  if (statSync(file).size > MOST_BYTES) throw new Error(`${file} has more than ${MOST_BYTES >> 20} MiB`);
  const bytes = readFileSync(file);
  return withPlace(file, () => {
    if (/\.xml$/i.test(file)) return readCamt(bytes, camt);
    if (csv !== undefined) return readCsv(bytes, csv);
    throw new StatementError(
      'CSV',
      'its columns are not said: --column date=… and --column amount=…, or --config',
    );
  });
}

/** A fault in the statement is told with the file's name. */
function withPlace<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    throw new Error(`${file}, ${error.message}`, { cause: error });
  }
}

const said = ({ opening, closing }: ReconcileCommandOptions): Pick<Statement, 'opening' | 'closing'> => ({
  ...(opening === undefined ? {} : { opening }),
  ...(closing === undefined ? {} : { closing }),
});

function namesIn(accounts: readonly Accounts[], id: string): string[] {
  const found = accounts.map((of) => of.get(id)).find((one) => one !== undefined);
  if (found === undefined) return [];
  const metadata = Object.values(JSON.parse(found.metadata) as Record<string, string>);
  return [found.reference, ...metadata].filter((name) => name !== '');
}

function collected(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('Two parts with = between them.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

function date(text: string): string {
  if (isDate(text)) return text;
  throw new InvalidArgumentError('A day, as YYYY-MM-DD.');
}

function amount(text: string): string {
  const found = readDecimal(text, { decimal: '.', thousands: '' });
  if (found !== undefined) return found;
  throw new InvalidArgumentError('An amount, such as -12.34.');
}
