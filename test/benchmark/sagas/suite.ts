import type { Operation } from '../support/load.js';
import { connected, measure, round } from '../support/measure.js';
import { withProfile } from '../support/profile.js';
import { resultOf } from '../support/report.js';
import type { BenchResult, BenchRow } from '../support/row.js';
import { type Servers, startServers } from '../support/servers.js';
import { checkSagas } from './check-sagas.js';
import { measureDeadShard } from './dead-shard.js';
import { measureOutage, openIn } from './outage.js';
import { SagaBench, type SagaBenchOptions } from './saga-bench.js';
import { TemporalServer } from './temporal-server.js';

export interface SagaOptions {
  /** Names of rows; all where empty. */
  readonly only: readonly string[];
  readonly seconds: number;
  /** How many transfers wait while Temporal is stopped. */
  readonly outageTransfers: number;
  /** Writes a CPU profile of `two_shards` at 2,048 in flight here. */
  readonly cpuProfile?: string;
  readonly onProgress: (line: string) => void;
}

const IN_FLIGHT = [1, 16, 256, 2_048] as const;
const MOST = 2_048;
/** Workflows under way at once where each carries one transfer: the best of these is the baseline. */
const ONE_EACH = [8, 32] as const;

/** Transfers across shards, from the request to the end on every shard, beside a workflow for each of them. */
export class SagaSuite {
  private readonly rows: BenchRow[] = [];
  private readonly temporal: TemporalServer;
  private baseline: number | undefined;
  private constructor(
    private readonly options: SagaOptions,
    private readonly servers: Servers,
  ) {
    this.temporal = new TemporalServer(servers.addresses);
  }

  static async run(options: SagaOptions): Promise<BenchResult> {
    const servers = await startServers(4, () => undefined);
    try {
      return await new SagaSuite(options, servers).all();
    } finally {
      await servers.stop();
    }
  }

  private async all(): Promise<BenchResult> {
    try {
      await this.temporal.start();
      await this.when('one_workflow_each', () => this.oneWorkflowEach());
      await this.when('two_shards', () => this.across('two_shards', 2));
      await this.when('four_shards', () => this.across('four_shards', 4));
      const mixes = ['mix_0', 'mix_10', 'mix_50'];
      await this.when('mixes', () => this.mixes(), mixes);
      await this.when('dead_shard', () => this.deadShard());
      await this.when('outage_drain', () => this.outage());
      return resultOf('sagas', this.rows);
    } finally {
      await this.temporal.remove();
    }
  }

  private async when(name: string, work: () => Promise<void>, rows: readonly string[] = [name]) {
    const { only } = this.options;
    if (only.length > 0 && !rows.some((row) => only.includes(row))) return;
    this.options.onProgress(name);
    await work();
  }

  private push(row: BenchRow): void {
    const { baseline } = this;
    const compared =
      row.name !== 'one_workflow_each' && (row.in_flight ?? 0) >= 256 && baseline !== undefined;
    this.rows.push(compared ? { ...row, ratio_to_baseline: round(row.rate / baseline, 1) } : row);
    this.options.onProgress(`${row.name} ${row.in_flight}: ${row.rate}/s, p50 ${row.p50_ms} ms`);
  }

  /** A cluster on fresh databases, closed and its books checked when the work is done. */
  private async on(
    name: string,
    shards: number,
    work: (saga: SagaBench, urls: string[]) => Promise<void>,
    pump?: SagaBenchOptions['pump'],
  ): Promise<void> {
    const shardUrls = await Promise.all(
      Array.from({ length: shards }, (_, shard) => this.servers.database(shard, `${name}_${shard}`)),
    );
    const saga = await SagaBench.open({
      cluster: name.replaceAll('_', '-'),
      shardUrls,
      controlUrl: await this.servers.database(0, `${name}_control`),
      temporalAddress: this.temporal.address,
      ...(pump === undefined ? {} : { pump }),
    });
    try {
      await work(saga, shardUrls);
    } finally {
      await saga.close();
    }
    await checkSagas(shardUrls);
  }

  private async measure(
    name: string,
    saga: SagaBench,
    { inFlight, shareAcross, urls }: { inFlight: number; shareAcross: number; urls: string[] },
  ): Promise<BenchRow> {
    const run = (): Promise<BenchRow> =>
      measure({
        name,
        operation: saga.transfers(shareAcross),
        load: { inFlight },
        urls,
        servers: this.servers,
        temporal: this.temporal,
        measureMs: this.options.seconds * 1_000 * (inFlight === 1 ? 2 : 1),
        warmUpMs: 1_500,
      });
    const { cpuProfile } = this.options;
    return name === 'two_shards' && inFlight === MOST && cpuProfile !== undefined
      ? withProfile(cpuProfile, run)
      : run();
  }

  private across(name: string, shards: number): Promise<void> {
    return this.on(name, shards, async (saga, urls) => {
      for (const inFlight of IN_FLIGHT) {
        this.push(await this.measure(name, saga, { inFlight, shareAcross: 1, urls }));
      }
    });
  }

  /** The same intake, steps and workflow; only that the pump gives each workflow one transfer. */
  private async oneWorkflowEach(): Promise<void> {
    let best: BenchRow | undefined;
    for (const maxPerRoute of ONE_EACH) {
      const work = async (saga: SagaBench, urls: string[]): Promise<void> => {
        const row = await this.measure('one_workflow_each', saga, { inFlight: 256, shareAcross: 1, urls });
        const note = `its best of ${ONE_EACH.join(', ')} workflows a route at once: ${maxPerRoute}`;
        if (best === undefined || row.rate > best.rate) best = { ...row, note };
      };
      await this.on(`one_each_${maxPerRoute}`, 2, work, { maxBatch: 1, maxPerRoute, worthAnother: 1 });
    }
    if (best === undefined) return;
    this.baseline = best.rate;
    this.push(best);
  }

  /**
   * Local transfers alone, then with some across shards among them. What the local ones keep of their own rate for
   * their share of the work: the mix's rate over what it would be if each kind cost what it costs alone.
   */
  private mixes(): Promise<void> {
    return this.on('mixes', 2, async (saga, urls) => {
      const at = (name: string, shareAcross: number): Promise<BenchRow> =>
        this.measure(name, saga, { inFlight: MOST, shareAcross, urls });
      const local = await at('mix_0', 0);
      this.push(local);
      const across =
        this.rows.find(({ name, in_flight }) => name === 'two_shards' && in_flight === MOST) ??
        (await at('mix_100', 1));
      for (const [name, share] of [
        ['mix_10', 0.1],
        ['mix_50', 0.5],
      ] as const) {
        const row = await at(name, share);
        const additive = 1 / ((1 - share) / local.rate + share / across.rate);
        const of = `what local ones do alone for their share of the work`;
        this.push({ ...row, ratio: round(row.rate / additive, 2), of });
      }
    });
  }

  /** The last of four shards hangs. */
  private deadShard(): Promise<void> {
    return this.on('dead_shard', 4, async (saga, urls) => {
      const { servers, temporal, options } = this;
      const clients = await Promise.all(urls.slice(0, 3).map(connected));
      const measured = (operation: Operation, warmUpMs: number): Promise<BenchRow> =>
        measure({
          name: 'dead_shard',
          operation,
          load: { inFlight: 256 },
          urls: urls.slice(0, 3),
          servers,
          temporal,
          measureMs: options.seconds * 1_000,
          warmUpMs,
        });
      const row = await measureDeadShard(saga, {
        alive: 3,
        halt: () => servers.halt(3),
        resume: () => servers.resume(3),
        measure: measured,
        open: () => openIn(clients),
        onProgress: options.onProgress,
      });
      await Promise.all(clients.map((client) => client.end()));
      this.push(row);
    });
  }

  private outage(): Promise<void> {
    return this.on('outage', 2, async (saga, urls) => {
      const { outageTransfers: transfers, onProgress } = this.options;
      const rates = this.rows.filter(({ name }) => name === 'two_shards').map(({ rate }) => rate);
      const peak = rates.length === 0 ? undefined : Math.max(...rates);
      const { temporal } = this;
      this.push(await measureOutage(saga, { transfers, urls, temporal, peak, onProgress }));
    });
  }
}
