import pg from 'pg';
import { closedLoop, type LoadResult, type Operation, openLoop, percentile, type Window } from './load.js';
import type { BenchRow } from './row.js';
import { type Servers, serverCpuUs } from './servers.js';

export interface MeasureOptions {
  readonly name: string;
  readonly operation: Operation;
  /** Closed loop with so many under way, or open loop with so many a second. */
  readonly load: { readonly inFlight: number } | { readonly perSecond: number };
  readonly servers: Servers;
  /** Databases whose servers' write-ahead log is counted. */
  readonly urls: readonly string[];
  /** The process whose CPU is counted besides. */
  readonly temporal?: { readonly pid: number };
  readonly warmUpMs?: number;
  readonly measureMs: number;
  readonly onStart?: () => Promise<void>;
  readonly onEnd?: () => Promise<void>;
}

/** Runs a load and takes rate, latency, WAL and CPU over the measured window alone. */
export async function measure(options: MeasureOptions): Promise<BenchRow> {
  const { name, operation, load, servers, urls, measureMs, warmUpMs = 1_000 } = options;
  const clients = await Promise.all(urls.map(connected));
  const wal = async (): Promise<number> =>
    (await Promise.all(clients.map(walBytes))).reduce((a, b) => a + b, 0);
  const temporalUs = (): number => (options.temporal === undefined ? 0 : serverCpuUs([options.temporal.pid]));
  let before = { wal: 0, servers: 0, temporal: 0, node: process.cpuUsage() };
  let used = { wal: 0, servers: 0, temporal: 0, node: 0 };
  const window: Window = {
    warmUpMs,
    measureMs,
    onStart: async () => {
      await options.onStart?.();
      before = {
        wal: await wal(),
        servers: serverCpuUs(servers.postmasters),
        temporal: temporalUs(),
        node: process.cpuUsage(),
      };
    },
    onEnd: async () => {
      const { user, system } = process.cpuUsage(before.node);
      used = {
        wal: (await wal()) - before.wal,
        servers: serverCpuUs(servers.postmasters) - before.servers,
        temporal: temporalUs() - before.temporal,
        node: user + system,
      };
      await options.onEnd?.();
    },
  };
  const result =
    'inFlight' in load
      ? await closedLoop(operation, load.inFlight, window)
      : await openLoop(operation, load.perSecond, window);
  await Promise.all(clients.map((client) => client.end()));
  const per = (total: number): number => round(total / Math.max(1, result.done), 1);
  return {
    name,
    ...('inFlight' in load ? { in_flight: load.inFlight } : { open_rate: load.perSecond }),
    ...timesOf(result),
    wal_bytes: Math.round(used.wal / Math.max(1, result.done)),
    cpu_us_node: per(used.node),
    cpu_us_postgres: per(used.servers),
    ...(options.temporal === undefined ? {} : { cpu_us_temporal: per(used.temporal) }),
  };
}

export const timesOf = ({ done, seconds, latencies }: LoadResult) => ({
  rate: Math.round(done / seconds),
  p50_ms: round(percentile(latencies, 0.5), 2),
  p99_ms: round(percentile(latencies, 0.99), 2),
});

export const round = (value: number, digits: number): number => Number(value.toFixed(digits));

export async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

export async function walBytes(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0') AS bytes`,
  );
  return Number(rows[0]?.bytes ?? 0);
}
