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

const number = (value: number | undefined): string =>
  value === undefined ? '' : value.toLocaleString('en-US');

/** The rows for a person. */
export function renderTable({ bench, cores, rows }: BenchResult): string {
  const table = new Table({
    head: [
      '',
      'load',
      'per second',
      'p50 ms',
      'p99 ms',
      'WAL B',
      'node µs',
      'postgres µs',
      'temporal µs',
      'limit',
      'baseline',
      '',
    ],
    style: { head: [], border: [] },
    colAligns: [
      'left',
      'right',
      'right',
      'right',
      'right',
      'right',
      'right',
      'right',
      'right',
      'right',
      'right',
      'left',
    ],
  });
  for (const row of rows) {
    const load = row.open_rate === undefined ? number(row.in_flight) : `${number(row.open_rate)}/s`;
    const note = [row.ratio === undefined ? '' : `${row.ratio} of ${row.of}`, row.note ?? '']
      .filter(Boolean)
      .join('; ');
    table.push([
      row.name,
      load,
      number(row.rate),
      number(row.p50_ms),
      number(row.p99_ms),
      number(row.wal_bytes),
      number(row.cpu_us_node),
      number(row.cpu_us_postgres),
      number(row.cpu_us_temporal),
      number(row.ratio_to_limit),
      number(row.ratio_to_baseline),
      note,
    ]);
  }
  return `bench ${bench} on ${cores} cores, Node ${process.version}; per transfer where it says µs or B\n${table}\n`;
}
