import { describe, expect, it } from 'vitest';
import { renderTable } from '../benchmark/support/report.js';
import type { BenchRow } from '../benchmark/support/row.js';

const linesOf = (rows: readonly BenchRow[]): string[] =>
  renderTable({ bench: 'x', cores: 2, rows }).trimEnd().split('\n').slice(1);
const cellsOf = (line = ''): string[] =>
  line
    .split('│')
    .slice(1, -1)
    .map((cell) => cell.trim());

const measured: BenchRow = {
  name: 'two_shards',
  in_flight: 2_048,
  rate: 3_828,
  p50_ms: 541.25,
  p99_ms: 873.39,
  wal_bytes: 6_208,
  cpu_us_node: 19_006.8,
  cpu_us_postgres: 3_500,
  cpu_us_temporal: 16_050,
  ratio_to_limit: 0.4,
  ratio_to_baseline: 95.7,
};

describe('the table of a benchmark', () => {
  it('fits a terminal of 160 columns however long a note is, and loses none of it', () => {
    const note = Array.from({ length: 60 }, (_, n) => `word${n}`).join(' ');
    const lines = linesOf([measured, { ...measured, note }, measured]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(160);
    const notes = lines.map((line) => cellsOf(line).at(-1) ?? '').filter(Boolean);
    expect(notes.join(' ')).toBe(note);
  });

  it('has only columns that say something, and blanks where a row was not timed', () => {
    const [, head, , parsed, relayed] = linesOf([
      { name: 'parse_only', rate: 140_320 },
      { name: 'relay', open_rate: 2_000, rate: 2_003, p50_ms: 0, p99_ms: 72 },
    ]);
    expect(cellsOf(head)).toEqual(['', 'load', 'per second', 'p50 ms', 'p99 ms']);
    expect(cellsOf(parsed)).toEqual(['parse_only', '', '140,320', '', '']);
    expect(cellsOf(relayed)).toEqual(['relay', '2,000/s', '2,003', '0', '72']);
  });

  it('draws lines around the rows and below the head, and none between rows', () => {
    const lines = linesOf([measured, measured, measured]);
    expect(lines.filter((line) => line.includes('─'))).toHaveLength(3);
    expect(lines).toHaveLength(7);
  });
});
