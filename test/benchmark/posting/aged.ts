import { percentile } from '../support/load.js';
import { round } from '../support/measure.js';
import type { BenchRow } from '../support/row.js';
import { type BenchLedger, uniform } from './bench-ledger.js';

export interface AgedOptions {
  readonly transfers: number;
  /** Stops earlier when this is over. */
  readonly seconds: number;
  readonly inFlight: number;
  readonly onProgress: (line: string) => void;
}

const ACCOUNTS = 100_000;
const SAMPLE = 100_000;

/** The rate of the last 100,000 transfers of a long life against the first; more accounts than the cache holds. */
export async function measureAged(
  bench: BenchLedger,
  { transfers, seconds, inFlight, onProgress }: AgedOptions,
): Promise<BenchRow> {
  const operation = bench.transfers(uniform(await bench.accounts(ACCOUNTS, 'aged')));
  const started = performance.now();
  const samples: { readonly rate: number; readonly latencies: number[] }[] = [];
  let done = 0;
  while (done < transfers && performance.now() - started < seconds * 1_000) {
    samples.push(await sample(operation, inFlight));
    done += SAMPLE;
    onProgress(`aged ${done}: ${samples.at(-1)?.rate}/s`);
  }
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined) throw new Error('nothing was measured');
  const sorted = last.latencies.sort((a, b) => a - b);
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  return {
    name: 'aged',
    in_flight: inFlight,
    rate: last.rate,
    p50_ms: round(percentile(sorted, 0.5), 2),
    p99_ms: round(percentile(sorted, 0.99), 2),
    ratio: round(last.rate / first.rate, 2),
    of: 'its first 100,000',
    note: `after ${done.toLocaleString('en-US')}, cache of 20,000 of 100,000 accounts, ${memory} MiB resident`,
  };
}

async function sample(operation: () => Promise<boolean>, inFlight: number) {
  const latencies: number[] = [];
  let left = SAMPLE;
  const started = performance.now();
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const began = performance.now();
      if (!(await operation())) throw new Error('a transfer was not posted');
      latencies.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return { rate: Math.round(SAMPLE / ((performance.now() - started) / 1_000)), latencies };
}
