import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import Table from 'cli-table3';
import type { BenchResult, BenchRow } from './row.js';

export const resultOf = (bench: string, rows: readonly BenchRow[]): BenchResult => ({
  bench,
  cores: availableParallelism(),
  rows,
});

export function writeJson(file: string, result: BenchResult): void {
  writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
}

/** Columns of a terminal that the table fits into: its notes are wrapped. */
const MOST_WIDE = 160;
const LEAST_NOTE = 24;

const number = (value: number | undefined): string =>
  value === undefined ? '' : value.toLocaleString('en-US');

const COLUMNS: readonly (readonly [head: string, cell: (row: BenchRow) => string])[] = [
  ['', ({ name }) => name],
  ['load', (row) => (row.open_rate === undefined ? number(row.in_flight) : `${number(row.open_rate)}/s`)],
  ['per second', ({ rate }) => number(rate)],
  ['p50 ms', (row) => number(row.p50_ms)],
  ['p99 ms', (row) => number(row.p99_ms)],
  ['WAL B', (row) => number(row.wal_bytes)],
  ['node µs', (row) => number(row.cpu_us_node)],
  ['postgres µs', (row) => number(row.cpu_us_postgres)],
  ['temporal µs', (row) => number(row.cpu_us_temporal)],
  ['limit', (row) => number(row.ratio_to_limit)],
  ['baseline', (row) => number(row.ratio_to_baseline)],
];

const noteOf = ({ ratio, of, note = '' }: BenchRow): string =>
  [ratio === undefined ? '' : `${ratio} of ${of}`, note].filter(Boolean).join('; ');

/** The rows for a person; a column that says nothing of any row is left out. */
export function renderTable({ bench, cores, rows }: BenchResult): string {
  const shown = COLUMNS.map(([head, cell]) => ({ head, cells: rows.map(cell) })).filter(({ cells }) =>
    cells.some((cell) => cell !== ''),
  );
  // Each with a space on both sides and a line at its right.
  const taken = shown.reduce((sum, { head, cells }) => sum + 3 + longest([head, ...cells]), 1);
  const notes = rows.map(noteOf);
  const noteWidth = Math.min(longest(notes), Math.max(LEAST_NOTE, MOST_WIDE - taken - 3));
  const noted = noteWidth > 0;
  const table = new Table({
    head: [...shown.map(({ head }) => head), ...(noted ? [''] : [])],
    style: { head: [], border: [], compact: true },
    colAligns: shown.map(({ head }) => (head === '' ? 'left' : 'right')),
    colWidths: [...shown.map(() => null), ...(noted ? [noteWidth + 2] : [])],
    wordWrap: true,
  });
  for (const [index, note] of notes.entries()) {
    table.push([...shown.map(({ cells }) => cells[index]), ...(noted ? [note] : [])]);
  }
  return `bench ${bench} on ${cores} cores, Node ${process.version}; per transfer where it says µs or B\n${table}\n`;
}

const longest = (texts: readonly string[]): number => Math.max(0, ...texts.map(({ length }) => length));
