import { CsvError, parse } from 'csv-parse/sync';
import { dateReader, type ReadDate } from '../dates.js';
import { negated, readDecimal } from '../decimal.js';
import { decode } from '../decode.js';
import { type Statement, StatementError, type StatementLine } from '../statement.js';
import type { Column, CsvFormat } from './csv-format.js';

interface Row {
  readonly record: readonly string[];
  /** The line in the file it ends on. */
  readonly line: number;
}

/** Reads a statement from CSV. @throws StatementError with the line, and nothing is read */
export function readCsv(bytes: Uint8Array, format: CsvFormat): Statement {
  const rows = rowsOf(decode(bytes, format.encoding), format);
  const header = format.header ? rows.shift() : undefined;
  if (format.header && header === undefined) throw new StatementError('the file', 'it has no header');
  const cells = new Cells(format, header);
  const readDate = dateReader(format.dateFormat);
  const lines: StatementLine[] = [];
  let currency: string | undefined;
  let leftOut = 0;
  for (const row of rows) {
    const line = cells.isWanted(row) ? lineOf(row, cells, format, readDate) : undefined;
    if (line === undefined) {
      leftOut += 1;
      continue;
    }
    lines.push(line);
    const said = cells.maybe(row, format.columns.currency);
    if (said !== '' && currency !== undefined && said !== currency)
      throw new StatementError(line.at, `it is in ${said}, and a line before in ${currency}`);
    if (said !== '') currency = said;
  }
  return {
    format: 'csv',
    ...(currency === undefined ? {} : { currency }),
    lines,
    leftOut,
    contradictions: [],
  };
}

function rowsOf(text: string, { delimiter, quote, skipLines }: CsvFormat): Row[] {
  try {
    const rows: Row[] = [];
    // Of two characters that end a line within quotes, the parser counts both.
    parse(text.replace(/\r\n?/g, '\n'), {
      delimiter,
      quote,
      bom: true,
      skip_empty_lines: true,
      from_line: skipLines + 1,
      onRecord: (record: string[], { lines }) => {
        rows.push({ record, line: lines });
        return null;
      },
    });
    return rows;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new StatementError(`line ${String(error['lines'])}`, error.message);
  }
}

function lineOf(row: Row, cells: Cells, format: CsvFormat, readDate: ReadDate): StatementLine | undefined {
  const at = atLine(row);
  const { columns } = format;
  const date = (column: Column): string => {
    const text = cells.of(row, column);
    const found = readDate(text);
    if (found !== undefined) return found;
    throw new StatementError(at, `${named(column)} has no date of the form ${format.dateFormat}: "${text}"`);
  };
  const amount = amountOf(row, cells, format);
  if (amount === '0') return undefined;
  const texts = (of: readonly Column[]): string[] =>
    of.map((column) => cells.of(row, column).trim()).filter((text) => text !== '');
  const balance = columns.balance === undefined ? undefined : decimalIn(row, cells, format, columns.balance);
  return {
    at,
    date: date(columns.date),
    ...(cells.maybe(row, columns.valueDate) === '' ? {} : { valueDate: date(columns.valueDate ?? '') }),
    amount,
    ...(balance === undefined ? {} : { balance }),
    references: texts(columns.reference),
    counterparties: texts(columns.counterparty),
    text: texts(columns.text).join(' '),
  };
}

/** Signed by itself, or by what the side says, or by the column it stands in. */
function amountOf(row: Row, cells: Cells, format: CsvFormat): string {
  const { columns, sides } = format;
  if (columns.amount !== undefined) {
    const amount = decimalIn(row, cells, format, columns.amount);
    if (amount === undefined) throw new StatementError(atLine(row), `${named(columns.amount)} is empty`);
    if (columns.side === undefined) return amount;
    const side = cells.of(row, columns.side).trim();
    if (sides.credit.includes(side)) return amount;
    if (sides.debit.includes(side)) return negated(amount);
    throw new StatementError(atLine(row), `${named(columns.side)} says neither debit nor credit: "${side}"`);
  }
  const [debit = '0', credit = '0'] = [columns.debit, columns.credit].map((column) =>
    column === undefined ? undefined : decimalIn(row, cells, format, column),
  );
  if (debit !== '0' && credit !== '0')
    throw new StatementError(atLine(row), `it has a debit of ${debit} and a credit of ${credit}`);
  return debit === '0' ? credit : negated(debit);
}

function decimalIn(row: Row, cells: Cells, format: CsvFormat, column: Column): string | undefined {
  const text = cells.of(row, column);
  if (text.trim() === '') return undefined;
  const found = readDecimal(text, format);
  if (found !== undefined) return found;
  throw new StatementError(atLine(row), `${named(column)} has no amount: "${text}"`);
}

/** Finds columns in rows. */
class Cells {
  constructor(
    private readonly format: CsvFormat,
    private readonly header: Row | undefined,
  ) {
    const { reference, counterparty, text, ...single } = format.columns;
    const all = [...Object.values(single), ...reference, ...counterparty, ...text];
    // A column that is not there is told even where there are no rows.
    for (const column of [...all, ...format.only.map((one) => one.column)]) this.placeOf(column);
  }

  isWanted(row: Row): boolean {
    return this.format.only.every(({ column, is }) => this.of(row, column).trim() === is);
  }

  of(row: Row, column: Column): string {
    const found = row.record[this.placeOf(column)];
    if (found !== undefined) return found;
    throw new StatementError(atLine(row), `it has ${row.record.length} columns, and no ${named(column)}`);
  }

  /** Empty where no such column was asked for. */
  maybe(row: Row, column: Column | undefined): string {
    return column === undefined ? '' : this.of(row, column).trim();
  }

  private placeOf(column: Column): number {
    if (typeof column === 'number') return column - 1;
    const { header } = this;
    if (header === undefined)
      throw new StatementError(
        'the file',
        `${named(column)} can not be found without a header: say its place`,
      );
    const names = header.record.map((name) => name.trim());
    const place = names.indexOf(column);
    if (place < 0)
      throw new StatementError(atLine(header), `the header has no ${named(column)}, but ${names.join(', ')}`);
    if (names.indexOf(column, place + 1) >= 0)
      throw new StatementError(atLine(header), `the header has ${named(column)} twice: say its place`);
    return place;
  }
}

const atLine = ({ line }: Row): string => `line ${line}`;
const named = (column: Column): string =>
  typeof column === 'number' ? `column ${column}` : `column "${column}"`;
