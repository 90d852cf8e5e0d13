import { afterAll, beforeAll, expect, it } from 'vitest';
import { inPostgres } from '../../src/consumer/index.js';
import { ensureJournalTopic, journalTopic } from '../../src/kafka/journal-topic.js';
import { PartitionReader } from '../../src/kafka/partition-reader.js';
import { ShardRelay } from '../../src/relay/shard-relay.js';
import { Barrier } from '../../src/storage/barrier.js';
import { WakeUp } from '../../src/storage/wake-up.js';
import { type Brokers, PATIENCE_MS, startBrokers } from '../support/brokers.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import { CompactTenant } from '../support/compact-tenant.js';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  effectsOf,
  type RunningConsumer,
  startConsumer,
  upTo,
} from '../support/consumer-harness.js';
import { readJournal } from '../support/journal.js';

import { until } from '../support/until.js';

/*
 * P7, P9: the journal is whole wherever its partition is led. Method: three real brokers, each topic on all of them and an
 * acknowledgement from two; while commits go on, a relay publishes and a consumer reads, the partition's leader is killed and
 * comes back, then the partition is taken from its leader and given back. Each time publishing and reading go on by themselves.
 */
let brokers: Brokers;
let shards: TestShards;
let database: ConsumerDatabase;
let consumer: RunningConsumer;
let topic: string;
const stopRelay = new AbortController();
let relay: ShardRelay;
let relaying: Promise<void>;
let posting: Promise<number>;
let enough = false;

beforeAll(async () => {
  [brokers, shards, database] = await Promise.all([
    startBrokers(3),
    createTestShards(1),
    createConsumerDatabase(),
  ]);
  topic = journalTopic(shards.name);
  await ensureJournalTopic(brokers.kafka, shards.name, 1);
  relay = new ShardRelay({
    shard: 0,
    cluster: shards.name,
    pool: shards.posting(0),
    barrier: new Barrier(shards.posting(0)),
    kafkaOptions: brokers.kafkaOptions,
    wake: new WakeUp(),
    log: () => undefined,
  });
  relaying = relay.run(stopRelay.signal);
  consumer = await startConsumer({
    cluster: shards.name,
    brokers: brokers.kafkaOptions.brokers,
    shards: [0],
    processing: inPostgres({
      pool: database.pool,
      handle: async ({ shard, seq }, client) => {
        await client.query('INSERT INTO effects VALUES ($1, $2)', [shard, seq]);
      },
    }),
  });
  posting = postAllTheTime();
}, 180_000);
afterAll(async () => {
  enough = true;
  await posting;
  await consumer.stop();
  stopRelay.abort();
  await relaying;
  await Promise.all([brokers.close(), database.close(), shards.close()]);
});

/** Posts until it is told that it is enough. Resolves with how many transfers there were. */
async function postAllTheTime(): Promise<number> {
  const acme = new CompactTenant(await shards.tenant('acme', 'compact'));
  const writer = shards.writer(0);
  const [a, b] = await acme.open(writer, ['a', 'b']);
  if (a === undefined || b === undefined) throw new Error('not opened');
  let posted = 0;
  while (!enough) {
    const some = Array.from({ length: 10 }, (_, i) => acme.post(`k${posted + i}`, a, b, 1n));
    await Promise.all(some.map((command) => writer.submit(command, TEST_ORIGIN)));
    posted += some.length;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  return posted;
}

/** Both have passed what the shard has at this moment: the stream flows. */
async function untilFlowing(): Promise<void> {
  const head = (await shardBodies()).length;
  await until('the relay goes on', () => (relay.published ?? 0) > head, PATIENCE_MS);
  const position = () => consumer.consumer.status()[0]?.position?.seq ?? 0;
  await until('the consumer goes on', () => position() > head, PATIENCE_MS);
}

const shardBodies = async (): Promise<string[]> =>
  (await shards.owner(0).query<{ body: string }>('SELECT body FROM events ORDER BY seq')).rows.map(
    ({ body }) => body,
  );

it('P7: nothing is lost, doubled or out of order while the leader is killed, and moved', async () => {
  await untilFlowing();
  const killed = await brokers.leaderOf(topic, 0);
  await brokers.kill(killed);
  const hasMoved = async () => (await brokers.leaderOf(topic, 0)) !== killed;
  await until('another broker leads', hasMoved, PATIENCE_MS);
  await untilFlowing();
  await brokers.restart(killed);
  await until('all have everything again', () => brokers.allInSync(topic, 0), PATIENCE_MS);

  const leader = await brokers.leaderOf(topic, 0);
  const others = [1, 2, 3].filter((node) => node !== leader);
  const reader = await PartitionReader.open(brokers.kafkaOptions, topic, 0);
  const { first } = await reader.bounds();
  await brokers.place(topic, 0, others);
  expect(await brokers.leaderOf(topic, 0)).not.toBe(leader);
  // Who reads follows it: an audit does not begin again.
  const ahead = await reader.read(first);
  expect(ahead.next).toBeGreaterThan(first);
  expect((await reader.bounds()).first).toBe(first);
  await untilFlowing();
  await brokers.place(topic, 0, [leader, ...others]);
  expect((await reader.bounds()).end).toBeGreaterThanOrEqual(ahead.next);
  await reader.close();
  await untilFlowing();

  enough = true;
  const posted = await posting;
  const bodies = await shardBodies();
  expect(bodies.length).toBeGreaterThan(posted);
  await until('the lag is gone', () => relay.published === bodies.length, PATIENCE_MS);
  const read = async () => (await effectsOf(database.pool, 0)).length;
  await until('all is read', async () => (await read()) >= bodies.length, PATIENCE_MS);
  // Byte for byte, in order, each once; for the consumer too.
  expect(await readJournal(brokers.kafkaOptions, shards.name, 0)).toEqual(bodies);
  expect(await effectsOf(database.pool, 0)).toEqual(upTo(bodies.length));
  expect(consumer.parked).toEqual([]);
}, 300_000);
