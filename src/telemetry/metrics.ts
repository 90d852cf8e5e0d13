import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** How a node counts. What happens often is counted a batch or a request at a time; the rest is asked at each scrape. */
export class NodeMetrics {
  readonly registry = new Registry();
  private readonly batchCommands: Histogram<'shard'>;
  private readonly commitSeconds: Histogram<'shard'>;
  private readonly eventsCommitted: Counter<'shard'>;
  private readonly httpSeconds: Histogram<'method' | 'route' | 'status'>;
  private readonly relayEvents: Counter<'shard'>;
  private readonly relayTransactions: Counter<'shard'>;
  private readonly relayFailures: Counter<'shard' | 'kind'>;
  private readonly pumpStarts: Counter<'shard'>;
  private readonly pumpTransfers: Counter<'shard'>;
  private readonly anchors: Counter<'shard' | 'place'>;
  private readonly anchorFailures: Counter<'shard' | 'place' | 'kind'>;

  constructor() {
    const registers = [this.registry];
    collectDefaultMetrics({ register: this.registry });
    const shard = { labelNames: ['shard'] as const, registers };
    this.batchCommands = new Histogram({
      name: 'saldo_batch_commands',
      help: 'Commands in one commit of a shard.',
      buckets: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512],
      ...shard,
    });
    this.commitSeconds = new Histogram({
      name: 'saldo_commit_seconds',
      help: 'From a batch being computed until it is durable.',
      buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
      ...shard,
    });
    this.eventsCommitted = new Counter({
      name: 'saldo_events_committed_total',
      help: 'Events this node has committed to a shard.',
      ...shard,
    });
    this.httpSeconds = new Histogram({
      name: 'saldo_http_seconds',
      help: 'From the request to the end of its answer; streams of events are left out.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30],
      labelNames: ['method', 'route', 'status'],
      registers,
    });
    this.relayEvents = new Counter({
      name: 'saldo_relay_events_total',
      help: 'Events this node has published to Kafka.',
      ...shard,
    });
    this.relayTransactions = new Counter({
      name: 'saldo_relay_transactions_total',
      help: 'Kafka transactions this node has committed.',
      ...shard,
    });
    this.relayFailures = new Counter({
      name: 'saldo_relay_failures_total',
      help: 'Sessions of a relay that broke: fenced, diverged (an operator must look) or broken (it goes on).',
      labelNames: ['shard', 'kind'],
      registers,
    });
    this.pumpStarts = new Counter({
      name: 'saldo_pump_starts_total',
      help: 'Workflows the pump has started or joined.',
      ...shard,
    });
    this.pumpTransfers = new Counter({
      name: 'saldo_pump_transfers_total',
      help: 'Transfers across shards in those workflows.',
      ...shard,
    });
    this.anchors = new Counter({
      name: 'saldo_anchors_total',
      help: 'Checkpoints this node has anchored.',
      labelNames: ['shard', 'place'],
      registers,
    });
    this.anchorFailures = new Counter({
      name: 'saldo_anchor_failures_total',
      help: 'Failed attempts to anchor: broken (tried again) or diverged (an operator must look).',
      labelNames: ['shard', 'place', 'kind'],
      registers,
    });
  }

  committed(
    shard: number,
    {
      commands,
      events,
      seconds,
    }: { readonly commands: number; readonly events: number; readonly seconds: number },
  ): void {
    const labels = { shard };
    this.batchCommands.observe(labels, commands);
    this.commitSeconds.observe(labels, seconds);
    this.eventsCommitted.inc(labels, events);
  }

  answered(method: string, route: string, status: number, seconds: number): void {
    this.httpSeconds.observe({ method, route, status }, seconds);
  }

  published(shard: number, events: number): void {
    this.relayEvents.inc({ shard }, events);
    this.relayTransactions.inc({ shard });
  }

  relayFailed(shard: number, kind: 'fenced' | 'diverged' | 'broken'): void {
    this.relayFailures.inc({ shard, kind });
  }

  pumpStarted(shard: number, transfers: number): void {
    this.pumpStarts.inc({ shard });
    this.pumpTransfers.inc({ shard }, transfers);
  }

  anchored(shard: number, place: 'file' | 'topic', checkpoints: number): void {
    this.anchors.inc({ shard, place }, checkpoints);
  }

  anchorFailed(shard: number, place: 'file' | 'topic', kind: 'diverged' | 'broken'): void {
    this.anchorFailures.inc({ shard, place, kind });
  }

  /** A value of the node that is asked for at each scrape. */
  gauge(name: string, help: string, read: () => number): void {
    new Gauge({
      name,
      help,
      registers: [this.registry],
      collect() {
        this.set(read());
      },
    });
  }

  /** One for each shard; a shard whose value can not be told has none, rather than an old one. */
  shardGauge(name: string, help: string, shards: readonly number[], read: (shard: number) => Asked): void {
    new Gauge({
      name,
      help,
      labelNames: ['shard'],
      registers: [this.registry],
      async collect() {
        const values = await Promise.all(shards.map(async (shard) => ({ shard, value: await read(shard) })));
        this.reset();
        for (const { shard, value } of values) if (value !== undefined) this.set({ shard }, value);
      },
    });
  }

  /** In the text format of Prometheus. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }
}

export type Asked = number | undefined | Promise<number | undefined>;
