import { createKafka, type KafkaOptions } from '../../../src/kafka/client.js';
import { ensureJournalTopic, journalTopic } from '../../../src/kafka/journal-topic.js';
import { PartitionReader } from '../../../src/kafka/partition-reader.js';
import { ShardRelay } from '../../../src/relay/shard-relay.js';
import type { BenchLedger } from '../posting/bench-ledger.js';

/** One shard's stream in this process: its relay, and a consumer of what it publishes. */
export class Stream {
  private readonly stop = new AbortController();
  private readonly running: Promise<void>[] = [];
  private readonly lags: number[] = [];
  private measuring = false;
  /** The last sequence the consumer has. */
  consumed = 0;

  constructor(
    private readonly bench: BenchLedger,
    private readonly cluster: string,
    private readonly kafkaOptions: KafkaOptions,
  ) {}

  async prepare(): Promise<void> {
    await ensureJournalTopic(createKafka(this.kafkaOptions), this.cluster, 1);
  }

  startRelay(): ShardRelay {
    const { ledger } = this.bench;
    const wake = ledger.heads[0]?.subscribe();
    if (wake === undefined) throw new RangeError('there is no shard');
    const relay = new ShardRelay({
      shard: 0,
      cluster: this.cluster,
      pool: ledger.pools.at(0),
      barrier: ledger.pools.barrier(0),
      kafkaOptions: this.kafkaOptions,
      wake,
      log: () => undefined,
    });
    this.running.push(relay.run(this.stop.signal));
    return relay;
  }

  /** Follows the topic, taking how long after its booking each event arrives. */
  startConsumer(): void {
    this.running.push(this.consume());
  }

  /** Milliseconds from booking to arrival of all that arrives while the work is done, sorted. */
  async lagsDuring(work: () => Promise<void>): Promise<readonly number[]> {
    this.lags.length = 0;
    this.measuring = true;
    await work();
    this.measuring = false;
    return this.lags.slice().sort((a, b) => a - b);
  }

  async close(): Promise<void> {
    this.stop.abort();
    await Promise.all(this.running);
  }

  private async consume(): Promise<void> {
    const reader = await PartitionReader.open(this.kafkaOptions, journalTopic(this.cluster), 0);
    try {
      let { first: offset } = await reader.bounds();
      while (!this.stop.signal.aborted) {
        const { records, next } = await reader.read(offset, 100);
        offset = next;
        const now = Date.now();
        for (const { value } of records) {
          const { time, sequence } = JSON.parse(value) as {
            readonly time: string;
            readonly sequence: string;
          };
          this.consumed = Number(sequence);
          if (this.measuring) this.lags.push(now - Date.parse(time));
        }
      }
    } finally {
      await reader.close();
    }
  }
}
