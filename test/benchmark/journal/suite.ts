import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { archiveSource } from '../../../src/audit/archive/archive-source.js';
import { exportArchive } from '../../../src/audit/archive/export-archive.js';
import type { Manifest } from '../../../src/audit/archive/manifest.js';
import type { JournalSource } from '../../../src/audit/journal-source.js';
import { createKafka, type KafkaOptions } from '../../../src/kafka/client.js';
import { ensureJournalTopic, journalTopic, relayGroup } from '../../../src/kafka/journal-topic.js';
import { ShardProducer } from '../../../src/kafka/shard-producer.js';
import { BenchLedger, uniform } from '../posting/bench-ledger.js';
import { checkBooks } from '../posting/check-books.js';
import { percentile } from '../support/load.js';
import { measure, round } from '../support/measure.js';
import { resultOf } from '../support/report.js';
import type { BenchResult, BenchRow } from '../support/row.js';
import { type Servers, startServers } from '../support/servers.js';
import { journalOf, type MadeJournal } from './make-journal.js';
import { parseOnly } from './parse-only.js';
import { proveLong } from './prove-long.js';
import type { ReplayDone, ReplayTask } from './replay-process.js';
import { Stream } from './stream.js';

export interface JournalOptions {
  /** Names of rows; all where empty. */
  readonly only: readonly string[];
  readonly seconds: number;
  readonly operations: number;
  /** Events in the journal that proofs are made from. */
  readonly proveEvents: number;
  /** Writes a CPU profile of `replay_archive` here, of the thread that reads. */
  readonly cpuProfile?: string;
  readonly onProgress: (line: string) => void;
}

const REPLAYED = ['parse_only', 'replay_archive', 'replay_kafka'];
const STREAMED = ['replay_kafka', 'relay', 'end_to_end'];
const PUBLISHED_AT_ONCE = 700;
const BACKLOG = 120_000;
const LIVE_RATE = 2_000;
const RATES = [2_000, 4_000, 6_000, 8_000, 10_000, 12_000, 14_000, 16_000] as const;

/** The journal: replays beside merely reading and parsing the same bytes, the relay, and posting, relay and consumer together. */
export class JournalSuite {
  private readonly rows: BenchRow[] = [];
  private readonly folder = mkdtempSync(join(tmpdir(), 'saldo-bench-journal-'));
  private parsed = Number.NaN;

  private constructor(private readonly options: JournalOptions) {}

  static async run(options: JournalOptions): Promise<BenchResult> {
    const suite = new JournalSuite(options);
    try {
      await suite.replays();
      await suite.streams();
      return resultOf('journal', suite.rows);
    } finally {
      rmSync(suite.folder, { recursive: true, force: true });
    }
  }

  private wants(...names: readonly string[]): boolean {
    const { only } = this.options;
    return only.length === 0 || names.some((name) => only.includes(name));
  }

  private push(row: BenchRow): void {
    this.rows.push(row);
    this.options.onProgress(`${row.name}: ${row.rate}/s`);
  }

  private async replays(): Promise<void> {
    if (!this.wants(...REPLAYED)) return;
    const manifests: [string, string, Manifest][] = [];
    for (const shards of [2, 1]) {
      const made = {
        cluster: `bench-${shards}`,
        shards,
        operations: this.options.operations / (3 - shards),
        accounts: 5_000,
      };
      const dir = join(this.folder, made.cluster);
      manifests.push([shards === 1 ? 'one shard' : '', dir, await this.archive(made, dir)]);
    }
    for (const [note, dir] of manifests) {
      if (this.wants('parse_only')) await this.parseOnly(dir, note);
      if (this.wants('replay_archive')) await this.replayArchive(dir, note);
    }
    const [[, dir, manifest] = []] = manifests;
    if (dir !== undefined && manifest !== undefined && this.wants('replay_kafka'))
      await this.replayKafka(dir, manifest);
  }

  /** The kernel's own journal, in a folder. */
  private async archive(made: MadeJournal, dir: string): Promise<Manifest> {
    this.options.onProgress(`a journal of ${made.operations} operations over ${made.shards} shards`);
    const upTo: number[] = [];
    for (let shard = 0; shard < made.shards; shard += 1) {
      let events = 0;
      for (const texts of journalOf(made, shard)) events += texts.length;
      upTo.push(events);
    }
    const source: JournalSource = {
      async *read(shard) {
        yield* journalOf(made, shard);
      },
    };
    const { cluster } = made;
    return exportArchive({
      source,
      upTo,
      dir,
      cluster,
      splitBytes: 64_000_000,
      made: new Date(),
      by: 'bench',
    });
  }

  private async parseOnly(dir: string, note: string): Promise<void> {
    const started = performance.now();
    const events = await parseOnly(dir);
    this.parsed = rateOf(events, started);
    this.push({ name: 'parse_only', rate: this.parsed, note: join2(note, `${events} events`) });
  }

  private async replayArchive(dir: string, note: string): Promise<void> {
    const { cpuProfile } = this.options;
    const profile = note === '' && cpuProfile !== undefined ? { cpuProfile } : {};
    await this.replayed('replay_archive', note, { dir, ...profile });
  }

  private async replayKafka(dir: string, manifest: Manifest): Promise<void> {
    const servers = await startServers(1, () => undefined, { kafka: true });
    try {
      await publish(kafkaOptions(servers), manifest, archiveSource(dir, manifest));
      await this.replayed('replay_kafka', '', { dir, brokers: servers.addresses.kafkaBrokers });
    } finally {
      await servers.stop();
    }
  }

  private async replayed(name: string, note: string, task: ReplayTask): Promise<void> {
    const child = fork(new URL('./replay-process.js', import.meta.url), { execArgv: [] });
    const ended = once(child, 'exit');
    const answered = once(child, 'message') as Promise<[ReplayDone]>;
    child.send(task);
    const done = await Promise.race([answered, ended.then(() => undefined)]);
    if (done === undefined) throw new Error(`${name} broke: what it said is above`);
    await ended;
    const [{ events, ms, cpuUs, residentMiB }] = done;
    const rate = Math.round((events / ms) * 1_000);
    const ratio = Number.isFinite(this.parsed)
      ? { ratio: round(rate / this.parsed, 2), of: 'parse_only' }
      : {};
    const resident = `${Math.round(residentMiB)} MiB resident`;
    this.push({ name, rate, cpu_us_node: round(cpuUs / events, 1), ...ratio, note: join2(note, resident) });
  }

  private async streams(): Promise<void> {
    const live = [...STREAMED.slice(1), 'prove'];
    if (!this.wants(...live)) return;
    const servers = await startServers(1, () => undefined, { kafka: true });
    try {
      if (this.wants('prove')) {
        const { proveEvents, onProgress } = this.options;
        this.push(await proveLong({ servers, events: proveEvents, onProgress }));
      }
      if (this.wants('relay')) await this.relay(servers);
      if (this.wants('end_to_end')) await this.endToEnd(servers);
    } finally {
      await servers.stop();
    }
  }

  private async relay(servers: Servers): Promise<void> {
    await this.streaming(servers, 'relay', async (bench, stream, url) => {
      const operation = bench.transfers(uniform(await bench.accounts(10_000, 'relay')));
      for (let posted = 0; posted < BACKLOG; posted += 2_000)
        await Promise.all(Array.from({ length: 2_000 }, operation));
      const head = await headOf(bench);
      const started = performance.now();
      const relay = stream.startRelay();
      await until(() => (relay.published ?? 0) > 0);
      const [first, from] = [relay.published ?? 0, performance.now()];
      await until(() => (relay.published ?? 0) >= head);
      const withStart = `${rateOf(head, started)}/s with its start of ${Math.round(from - started)} ms`;
      this.push({
        name: 'relay',
        rate: rateOf(head - first, from),
        note: `a backlog of ${head}; ${withStart}`,
      });
      stream.startConsumer();
      await until(() => stream.consumed >= head);
      let row: BenchRow | undefined;
      const load = { perSecond: LIVE_RATE };
      const measureMs = this.options.seconds * 1_000;
      const lags = await stream.lagsDuring(async () => {
        row = await measure({ name: 'relay', operation, load, servers, urls: [url], measureMs });
      });
      if (row !== undefined) this.push(lagged(row, lags, 'lag: booking to consumer'));
    });
  }

  /** The highest rate at which the consumer keeps up with posting. */
  private async endToEnd(servers: Servers): Promise<void> {
    await this.streaming(servers, 'end-to-end', async (bench, stream, url) => {
      const operation = bench.transfers(uniform(await bench.accounts(10_000, 'all')));
      stream.startRelay();
      stream.startConsumer();
      let best: BenchRow | undefined;
      for (const perSecond of RATES) {
        const measureMs = this.options.seconds * 1_000;
        let row: BenchRow | undefined;
        let behind = [0, 0];
        const lags = await stream.lagsDuring(async () => {
          const onStart = async (): Promise<void> => {
            behind = [(await headOf(bench)) - stream.consumed, 0];
          };
          const onEnd = async (): Promise<void> => {
            behind = [behind[0] ?? 0, (await headOf(bench)) - stream.consumed];
          };
          row = await measure({
            name: 'end_to_end',
            operation,
            load: { perSecond },
            servers,
            urls: [url],
            measureMs,
            onStart,
            onEnd,
          });
        });
        const [before = 0, after = 0] = behind;
        // Half a second's worth more behind at the end than at the start is a lag that grows.
        const keepsUp = row !== undefined && row.rate >= perSecond * 0.98 && after - before < perSecond / 2;
        this.options.onProgress(`end_to_end ${perSecond}/s: ${row?.rate}/s, ${before} then ${after} behind`);
        if (row === undefined || !keepsUp) break;
        best = lagged(row, lags, 'highest rate at which the lag does not grow');
      }
      if (best !== undefined) this.push(best);
    });
  }

  private async streaming(
    servers: Servers,
    name: string,
    work: (bench: BenchLedger, stream: Stream, url: string) => Promise<void>,
  ): Promise<void> {
    const database = name.replaceAll('-', '_');
    const url = await servers.database(0, `${database}_0`);
    const controlUrl = await servers.database(0, `${database}_control`);
    const bench = await BenchLedger.open({ cluster: name, shardUrls: [url], controlUrl });
    const stream = new Stream(bench, name, kafkaOptions(servers));
    try {
      await stream.prepare();
      await work(bench, stream, url);
    } finally {
      await stream.close();
      await bench.ledger.close();
    }
    await checkBooks(url);
  }
}

const kafkaOptions = ({ addresses }: Servers): KafkaOptions => ({
  brokers: addresses.kafkaBrokers,
  clientId: 'bench',
  log: () => undefined,
});

/** Puts an archive's events where a relay would. */
async function publish(
  options: KafkaOptions,
  { cluster, shards }: Manifest,
  source: JournalSource,
): Promise<void> {
  const kafka = createKafka(options);
  await ensureJournalTopic(kafka, cluster, shards.length);
  const [topic, group] = [journalTopic(cluster), relayGroup(cluster)];
  for (const { shard } of shards) {
    const transactionalId = `${cluster}.shard-${shard}`;
    const open = () => ShardProducer.open({ kafka, topic, partition: shard, transactionalId, group });
    let producer = await open();
    let seq = 0;
    for await (const texts of source.read(shard)) {
      for (let at = 0; at < texts.length; at += PUBLISHED_AT_ONCE) {
        const some = texts.slice(at, at + PUBLISHED_AT_ONCE);
        // Right after a broker starts its groups have no coordinator yet: nothing is committed until the first one is.
        for (let tries = 0; ; tries += 1) {
          try {
            await producer.send(some);
            await producer.commit(seq + some.length);
            break;
          } catch (error) {
            if (seq > 0 || tries > 50) throw error;
            await producer.close();
            await new Promise((resolve) => setTimeout(resolve, 200));
            producer = await open();
          }
        }
        seq += some.length;
      }
    }
    await producer.close();
  }
}

const rateOf = (count: number, started: number): number =>
  Math.round((count / (performance.now() - started)) * 1_000);
const join2 = (...parts: readonly string[]): string => parts.filter(Boolean).join('; ');

function lagged(row: BenchRow, lags: readonly number[], note: string): BenchRow {
  return { ...row, p50_ms: percentile(lags, 0.5), p99_ms: percentile(lags, 0.99), note };
}

async function headOf(bench: BenchLedger): Promise<number> {
  const { rows } = await bench.ledger.pools.at(0).query<{ seq: string }>('SELECT seq FROM head');
  return Number(rows[0]?.seq ?? 0);
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
