import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import {
  type ConsumerFault,
  JournalConsumer,
  type JournalConsumerOptions,
  migrateConsumer,
  type PoisonRecord,
} from '../../src/consumer/index.js';
import { PartitionReader } from '../../src/kafka/partition-reader.js';
import { testKafka } from './journal.js';

export interface RunningConsumer {
  readonly consumer: JournalConsumer;
  readonly faults: ConsumerFault[];
  readonly parked: PoisonRecord[];
  stop(): Promise<void>;
}

type Given = Partial<JournalConsumerOptions> & Pick<JournalConsumerOptions, 'cluster' | 'processing'>;

/** A consumer on the run's broker that takes all shards by itself, unless told to share. */
export async function startConsumer(options: Given): Promise<RunningConsumer> {
  const [faults, parked]: [ConsumerFault[], PoisonRecord[]] = [[], []];
  const consumer = new JournalConsumer({
    brokers: inject('stack').kafkaBrokers,
    group: 'test',
    shards: [0, 1],
    handoverMs: 500,
    onFault: (fault) => faults.push(fault),
    onParked: (record) => parked.push(record),
    ...options,
  });
  await consumer.start();
  return { consumer, faults, parked, stop: () => consumer.stop() };
}

export interface ConsumerDatabase {
  readonly url: string;
  readonly pool: pg.Pool;
  close(): Promise<void>;
}

/** A database of the consumer's own, with the kit's tables and one of effects that nothing keeps unique. */
export async function createConsumerDatabase(): Promise<ConsumerDatabase> {
  const server = inject('stack').controlUrl;
  const name = `c${randomBytes(5).toString('hex')}`;
  const client = new pg.Client(server);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = new URL(server);
  url.pathname = `/${name}`;
  await migrateConsumer(url.href);
  const pool = new pg.Pool({ connectionString: url.href, max: 8 });
  pool.on('error', () => undefined);
  await pool.query('CREATE TABLE effects (shard integer NOT NULL, seq bigint NOT NULL)');
  return { url: url.href, pool, close: () => pool.end() };
}

export const effectsOf = async (pool: pg.Pool, shard: number): Promise<number[]> => {
  const { rows } = await pool.query('SELECT seq FROM effects WHERE shard = $1 ORDER BY seq', [shard]);
  return rows.map(({ seq }) => Number(seq));
};

/** 1 … n: what was processed when nothing was lost or doubled. */
export const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);

/** Every committed record of a partition. */
export async function readTopic(topic: string, partition: number): Promise<string[]> {
  const reader = await PartitionReader.open(testKafka().kafkaOptions, topic, partition);
  try {
    const { first, end } = await reader.bounds();
    const values: string[] = [];
    for (let offset = first; offset < end; ) {
      const { records, next } = await reader.read(offset);
      values.push(...records.map(({ value }) => value));
      offset = next;
    }
    return values;
  } finally {
    await reader.close();
  }
}

/** Counts a partition's committed records, each time only what is new. */
export async function recordCounter(
  topic: string,
  partition: number,
): Promise<{ readonly count: () => Promise<number>; readonly close: () => Promise<void> }> {
  const reader = await PartitionReader.open(testKafka().kafkaOptions, topic, partition);
  let [offset, counted] = [(await reader.bounds()).first, 0];
  return {
    count: async () => {
      const { records, next } = await reader.read(offset, 10);
      offset = next;
      counted += records.length;
      return counted;
    },
    close: () => reader.close(),
  };
}
