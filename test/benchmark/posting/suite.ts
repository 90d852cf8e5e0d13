import { fork } from 'node:child_process';
import { once } from 'node:events';
import { DEFAULT_CACHE_SIZES } from '../../../src/posting/shard-cache.js';
import { type MeasureOptions, measure, round } from '../support/measure.js';
import { withProfile } from '../support/profile.js';
import { resultOf } from '../support/report.js';
import type { BenchResult, BenchRow } from '../support/row.js';
import { type Servers, startServers } from '../support/servers.js';
import { measureAged } from './aged.js';
import { BaselineLedger } from './baseline.js';
import { BenchLedger, hot, uniform, zipf } from './bench-ledger.js';
import { checkBooks } from './check-books.js';
import { holdsAndCaptures } from './holds.js';
import { measureLimit } from './limit.js';

export interface PostingOptions {
  /** Names of rows; all where empty. */
  readonly only: readonly string[];
  readonly seconds: number;
  /** How many transfers the aged ledger has at most, and how long it may take to get there. */
  readonly agedTransfers: number;
  readonly agedSeconds: number;
  /** Writes a CPU profile of `uniform` at 2,048 in flight here. */
  readonly cpuProfile?: string;
  readonly onProgress: (line: string) => void;
}

const IN_FLIGHT = [1, 16, 64, 256, 2_048] as const;
const MOST = 2_048;
const CONNECTIONS = [8, 16, 32, 64] as const;

/** The posting path at every load the issue names, beside what Postgres can do and what a plain SQL ledger does. */
export class PostingSuite {
  private readonly rows: BenchRow[] = [];
  private limits: Record<number, number> = {};
  private baselines: Record<'uniform' | 'hot', number> = { uniform: Number.NaN, hot: Number.NaN };
  private constructor(
    private readonly options: PostingOptions,
    private readonly servers: Servers,
  ) {}

  static async run(options: PostingOptions): Promise<BenchResult> {
    const servers = await startServers(2, () => undefined);
    try {
      return await new PostingSuite(options, servers).all();
    } finally {
      await servers.stop();
    }
  }

  private async all(): Promise<BenchResult> {
    await this.when('limit', () => this.limit());
    await this.when('baseline_sql', () => this.baseline());
    await this.when('uniform', () => this.uniform());
    await this.when('zipf', () => this.zipf());
    await this.when('hot', () => this.hot());
    await this.when('pair', () => this.pair());
    await this.when('holds', () => this.holds());
    await this.when('two_shards', () => this.twoShards());
    await this.when('two_nodes', () => this.twoNodes());
    await this.when('aged', () => this.aged());
    return resultOf('posting', this.rows);
  }

  private async when(name: string, work: () => Promise<void>): Promise<void> {
    const { only } = this.options;
    if (only.length > 0 && !only.includes(name)) return;
    this.options.onProgress(name);
    await work();
  }

  private push(row: BenchRow): void {
    const limit = row.in_flight === undefined ? undefined : this.limits[row.in_flight >= MOST ? MOST : 64];
    const large = row.in_flight !== undefined && row.in_flight >= 64;
    const baseline = this.baselines[row.name === 'hot' ? 'hot' : 'uniform'];
    const ours = row.name !== 'limit' && row.name !== 'baseline_sql';
    this.rows.push({
      ...row,
      ...(ours && large && limit !== undefined ? { ratio_to_limit: round(row.rate / limit, 2) } : {}),
      ...(ours && large && Number.isFinite(baseline)
        ? { ratio_to_baseline: round(row.rate / baseline, 1) }
        : {}),
    });
    this.options.onProgress(`${row.name} ${row.in_flight ?? `${row.open_rate}/s`}: ${row.rate}/s`);
  }

  private window(): Pick<MeasureOptions, 'servers' | 'measureMs'> {
    return { servers: this.servers, measureMs: this.options.seconds * 1_000 };
  }

  private async limit(): Promise<void> {
    for (const [size, batches] of [
      [MOST, 60],
      [64, 1_500],
    ] as const) {
      const row = await measureLimit(await this.servers.database(0, `limit_${size}`), size, batches);
      this.limits[size] = row.rate;
      this.push(row);
    }
  }

  private async baseline(): Promise<void> {
    const url = await this.servers.database(0, 'baseline');
    await BaselineLedger.create(url, 10_000);
    for (const kind of ['uniform', 'hot'] as const) {
      let best: BenchRow | undefined;
      for (const connections of CONNECTIONS) {
        const ledger = await BaselineLedger.open(url, 10_000, connections);
        const row = await measure({
          ...this.window(),
          name: 'baseline_sql',
          operation: ledger.transfers(kind === 'hot'),
          load: { inFlight: connections },
          urls: [url],
          measureMs: 2_500,
          warmUpMs: 500,
        });
        await ledger.close();
        if (best === undefined || row.rate > best.rate) best = row;
      }
      if (best === undefined) return;
      this.baselines[kind] = best.rate;
      this.push({ ...best, note: `${kind}, its best of ${CONNECTIONS.join(', ')} connections` });
    }
  }

  /** A ledger on fresh databases, closed and its books checked when the work is done. */
  private async on(name: string, work: (bench: BenchLedger, urls: string[]) => Promise<void>, shards = 1) {
    const urls = await Promise.all(
      Array.from({ length: shards }, (_, shard) => this.servers.database(shard, `${name}_${shard}`)),
    );
    const controlUrl = await this.servers.database(0, `${name}_control`);
    const bench = await BenchLedger.open({ cluster: name.replaceAll('_', '-'), shardUrls: urls, controlUrl });
    try {
      await work(bench, urls);
    } finally {
      await bench.ledger.close();
    }
    for (const url of urls) await checkBooks(url);
  }

  private uniform(): Promise<void> {
    return this.on('uniform', async (bench, urls) => {
      const operation = bench.transfers(uniform(await bench.accounts(10_000, 'uniform')));
      for (const inFlight of IN_FLIGHT) {
        const profile = inFlight === MOST ? this.options.cpuProfile : undefined;
        const run = () => measure({ ...this.window(), name: 'uniform', operation, load: { inFlight }, urls });
        this.push(profile === undefined ? await run() : await withProfile(profile, run));
      }
      for (const perSecond of [1_000, 5_000]) {
        this.push(await measure({ ...this.window(), name: 'uniform', operation, load: { perSecond }, urls }));
      }
      const accounts = await bench.accounts(2, 'repeats');
      const [debit, credit] = accounts;
      if (debit === undefined || credit === undefined) return;
      let n = 0;
      let known = bench.request('repeat 0', debit, credit);
      const repeating = async (): Promise<boolean> => {
        n += 1;
        if (n % 100 !== 0) return operation();
        if (n % 1_000 === 0) known = bench.request(`repeat ${n}`, debit, credit);
        await bench.post(known);
        return true;
      };
      const row = await measure({
        ...this.window(),
        name: 'uniform',
        operation: repeating,
        load: { inFlight: MOST },
        urls,
      });
      this.push({ ...row, note: '1 % repeats' });
    });
  }

  private zipf(): Promise<void> {
    return this.on('zipf', async (bench, urls) => {
      const operation = bench.transfers(zipf(await bench.accounts(100_000, 'zipf')));
      await this.against('uniform', 'zipf', operation, urls);
    });
  }

  private hot(): Promise<void> {
    return this.on('hot', async (bench, urls) => {
      await this.against('uniform', 'hot', bench.transfers(hot(await bench.accounts(10_000, 'hot'))), urls);
    });
  }

  private pair(): Promise<void> {
    return this.on('pair', async (bench, urls) => {
      await this.against('uniform', 'pair', bench.transfers(uniform(await bench.accounts(2, 'pair'))), urls);
    });
  }

  private holds(): Promise<void> {
    return this.on('holds', async (bench, urls) => {
      const pick = uniform(await bench.accounts(10_000, 'holds'));
      await this.against(
        'uniform',
        'holds',
        holdsAndCaptures(bench, pick),
        urls,
        'steps: a hold, then its capture',
      );
    });
  }

  private twoShards(): Promise<void> {
    const work = async (first: BenchLedger, urls: string[]): Promise<void> => {
      // Compact tenants of which one lies on each shard.
      const tenants = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          first.another(`tenant-${n}`).then(async (bench) => {
            const [account] = await bench.accounts(1, 'probe');
            if (account === undefined) throw new Error('no account');
            return { bench, shard: bench.ledger.facts.map.shardOf(account) };
          }),
        ),
      );
      const operations = await Promise.all(
        [0, 1].map(async (shard) => {
          const found = tenants.find((one) => one.shard === shard);
          if (found === undefined) throw new Error(`no tenant on shard ${shard}`);
          return found.bench.transfers(uniform(await found.bench.accounts(10_000, 'two')));
        }),
      );
      let n = 0;
      const operation = (): Promise<boolean> => {
        n += 1;
        return operations[n % 2]?.() ?? Promise.resolve(false);
      };
      await this.against('uniform', 'two_shards', operation, urls);
    };
    return this.on('two_shards', work, 2);
  }

  /** Two processes write one shard at once; neither owns it. */
  private twoNodes(): Promise<void> {
    return this.on('two_nodes', async (bench, urls) => {
      const controlUrl = await this.servers.database(0, 'two_nodes_other');
      const accounts = await bench.accounts(10_000, 'nodes');
      const other = fork(new URL('./other-node.js', import.meta.url), {
        stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      });
      other.send({ urls, controlUrl, cluster: 'two-nodes', accounts, inFlight: MOST / 2 });
      await once(other, 'message');
      const count = async (name: 'start' | 'end'): Promise<number> => {
        other.send(name);
        const [done] = (await once(other, 'message')) as [number];
        return done;
      };
      let elsewhere = 0;
      const row = await measure({
        ...this.window(),
        name: 'two_nodes',
        operation: bench.transfers(uniform(accounts)),
        load: { inFlight: MOST / 2 },
        urls,
        onStart: async () => void (await count('start')),
        onEnd: async () => {
          elsewhere = await count('end');
        },
      });
      other.send('stop');
      await once(other, 'exit');
      const rate = row.rate + Math.round(elsewhere / this.options.seconds);
      this.push(this.ratioed({ ...row, in_flight: MOST, rate }, 'uniform', MOST, 'both together'));
    });
  }

  private async aged(): Promise<void> {
    const { agedTransfers, agedSeconds, onProgress } = this.options;
    const shardUrls = [await this.servers.database(0, 'aged_0')];
    const controlUrl = await this.servers.database(0, 'aged_control');
    const cacheSizes = { ...DEFAULT_CACHE_SIZES, accounts: 20_000 };
    const writer = { cacheSizes };
    const bench = await BenchLedger.open({ cluster: 'aged', shardUrls, controlUrl, writer });
    try {
      this.push(
        await measureAged(bench, {
          transfers: agedTransfers,
          seconds: agedSeconds,
          inFlight: MOST,
          onProgress,
        }),
      );
    } finally {
      await bench.ledger.close();
    }
    for (const url of shardUrls) await checkBooks(url);
  }

  private async against(
    of: string,
    name: string,
    operation: MeasureOptions['operation'],
    urls: string[],
    note = '',
  ) {
    for (const inFlight of [64, MOST]) {
      const row = await measure({ ...this.window(), name, operation, load: { inFlight }, urls });
      this.push(this.ratioed(row, of, inFlight, note));
    }
  }

  private ratioed(row: BenchRow, of: string, inFlight: number, note: string): BenchRow {
    const base = this.rows.find(
      (one) => one.name === of && one.in_flight === inFlight && one.note === undefined,
    );
    const noted = note === '' ? row : { ...row, note };
    return base === undefined ? noted : { ...noted, ratio: round(row.rate / base.rate, 2), of };
  }
}
