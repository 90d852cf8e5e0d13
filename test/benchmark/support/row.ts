/** One line of a benchmark's result; what does not apply is left out. */
export interface BenchRow {
  readonly name: string;
  readonly in_flight?: number;
  /** Of an open loop: how many a second were sent. */
  readonly open_rate?: number;
  /** Done per second. */
  readonly rate: number;
  /** Where each operation is timed. */
  readonly p50_ms?: number;
  readonly p99_ms?: number;
  /** Bytes of write-ahead log per transfer. */
  readonly wal_bytes?: number;
  /** Microseconds of CPU per transfer. */
  readonly cpu_us_node?: number;
  readonly cpu_us_postgres?: number;
  readonly cpu_us_temporal?: number;
  readonly ratio_to_limit?: number;
  readonly ratio_to_baseline?: number;
  /** Ratio to the row it is measured against, named in `of`. */
  readonly ratio?: number;
  readonly of?: string;
  readonly note?: string;
}

export interface BenchResult {
  readonly bench: string;
  readonly cores: number;
  readonly rows: readonly BenchRow[];
}
