import { Ajv } from 'ajv';
import { InvalidConfigError, parseYaml, validated } from '../../../config/yaml-file.js';
import type { CamtOptions } from '../camt/read-camt.js';
import type { Column, CsvFormat } from '../csv/csv-format.js';
import { dateIn, dateReader } from '../dates.js';
import type { ReconcileSettings } from '../reconcile.js';
import { DEFAULT_RULES, type MatchRule } from '../rule.js';
import { settingsSchema } from './schema.js';

type Columns = Column | readonly Column[];

interface RawRule {
  readonly name: string;
  readonly match: MatchRule['match'];
  readonly same?: MatchRule['same'];
  readonly within_days?: number;
  readonly pair_equals?: boolean;
  readonly at_most?: number;
}

/** As a file has them; what the command line says of a CSV goes over it. */
export interface RawSettings {
  readonly csv?: RawCsv;
  readonly camt?: Partial<CamtOptions>;
  readonly statement_date?: ReconcileSettings['statementDate'];
  readonly ledger_date?: ReconcileSettings['ledgerDate'];
  readonly time_zone?: string;
  readonly reference_metadata?: readonly string[];
  readonly rules?: readonly RawRule[];
}

export interface RawCsv {
  readonly encoding?: string;
  readonly delimiter?: string;
  readonly quote?: string;
  readonly skip_lines?: number;
  readonly header?: boolean;
  readonly date_format?: string;
  readonly decimal?: string;
  readonly thousands?: string;
  readonly columns?: Readonly<Record<string, Columns>>;
  readonly sides?: Partial<CsvFormat['sides']>;
  readonly only?: Readonly<Record<string, string>>;
}

export interface Settings extends ReconcileSettings {
  /** Absent where no columns are said: then nothing but camt.053 can be read. */
  readonly csv?: CsvFormat;
  readonly camt: CamtOptions;
}

const validate = new Ajv({
  allErrors: true,
  strict: false,
  verbose: true,
}).compile(settingsSchema);

/**
 * Reads settings from YAML. `text`: undefined where there is no file; `file`: its name, for the faults; `csv`: what goes
 * over the file's. @throws InvalidConfigError
 */
export function readSettings(text: string | undefined, file: string, csv: RawCsv = {}): Settings {
  const said = (text === undefined ? {} : (parseYaml(text, file) ?? {})) as RawSettings;
  const whole = Object.keys(csv).length === 0 ? said : { ...said, csv: over(said.csv ?? {}, csv) };
  const raw = validated<RawSettings>(whole, validate, file);
  const faults: string[] = [];
  const rules = raw.rules === undefined ? DEFAULT_RULES : raw.rules.map((one) => compileRule(one, faults));
  const names = rules.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) faults.push(`rules: "${twice}" is the name of two rules`);
  const timeZone = raw.time_zone ?? 'UTC';
  tried(() => dateIn(timeZone), `time_zone: there is no "${timeZone}"`, faults);
  const format = raw.csv === undefined ? undefined : compileCsv(raw.csv, faults);
  if (faults.length > 0) throw new InvalidConfigError(file, faults);
  return {
    ...(format === undefined ? {} : { csv: format }),
    camt: { batches: 'split', ...raw.camt },
    rules,
    statementDate: raw.statement_date ?? 'booking',
    ledgerDate: raw.ledger_date ?? 'effective',
    timeZone,
    referenceMetadata: raw.reference_metadata ?? [],
  };
}

const over = (file: RawCsv, given: RawCsv): RawCsv => ({
  ...file,
  ...given,
  columns: { ...file.columns, ...given.columns },
  only: { ...file.only, ...given.only },
});

function compileRule({ name, match, same = [], ...raw }: RawRule, faults: string[]): MatchRule {
  const { within_days: withinDays, pair_equals: pairEquals = false, at_most: atMost = 20 } = raw;
  if (withinDays === undefined && same.length === 0)
    faults.push(`rules (${name}): an amount alone is no match: say within_days, or what must be the same`);
  if (match !== 'one_to_one' && pairEquals) faults.push(`rules (${name}): only one_to_one has pair_equals`);
  return { name, match, same, pairEquals, atMost, ...(withinDays === undefined ? {} : { withinDays }) };
}

function compileCsv(raw: RawCsv, faults: string[]): CsvFormat {
  const { columns = {}, decimal = '.', thousands = '', date_format: dateFormat = 'YYYY-MM-DD' } = raw;
  const one = (name: string): Column | undefined => columns[name] as Column | undefined;
  const several = (name: string): readonly Column[] => [columns[name] ?? []].flat() as readonly Column[];
  const date = one('date');
  if (date === undefined) faults.push('csv/columns: "date" is missing');
  const amount = one('amount') !== undefined;
  const twoColumns = one('debit') !== undefined || one('credit') !== undefined;
  if (amount === twoColumns)
    faults.push('csv/columns: either amount (with or without side), or debit and credit');
  if (!amount && one('side') !== undefined) faults.push('csv/columns: side goes with amount');
  if (decimal === thousands) faults.push('csv: decimal and thousands are the same character');
  tried(
    () => dateReader(dateFormat),
    `csv/date_format: "${dateFormat}" does not say YYYY (or YY), MM and DD, each once`,
    faults,
  );
  const optional = Object.fromEntries(
    Object.entries({
      valueDate: one('value_date'),
      amount: one('amount'),
      debit: one('debit'),
      credit: one('credit'),
      side: one('side'),
      balance: one('balance'),
      currency: one('currency'),
    }).filter(([, column]) => column !== undefined),
  );
  return {
    encoding: raw.encoding ?? 'utf-8',
    delimiter: raw.delimiter ?? ',',
    quote: raw.quote ?? '"',
    skipLines: raw.skip_lines ?? 0,
    header: raw.header ?? true,
    dateFormat,
    decimal,
    thousands,
    columns: {
      date: date ?? '',
      ...optional,
      reference: several('reference'),
      counterparty: several('counterparty'),
      text: several('text'),
    },
    sides: {
      debit: raw.sides?.debit ?? ['debit', 'D', 'DBIT'],
      credit: raw.sides?.credit ?? ['credit', 'C', 'CRDT'],
    },
    only: Object.entries(raw.only ?? {}).map(([column, is]) => ({ column: placeOrName(column), is })),
  };
}

/** On a command line, and where it is a name in YAML, a number is a place. */
export const placeOrName = (text: string): Column => (/^[1-9]\d{0,3}$/.test(text) ? Number(text) : text);

function tried(work: () => unknown, fault: string, faults: string[]): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    faults.push(fault);
  }
}
