import { afterAll, beforeAll, expect, it } from 'vitest';
import { ensureJournalTopic } from '../../src/kafka/journal-topic.js';
import { type Brokers, PATIENCE_MS, startBrokers } from '../support/brokers.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import { CompactTenant } from '../support/compact-tenant.js';
import { readJournal } from '../support/journal.js';
import { eventTexts, relayOn } from '../support/relay.js';
import { until } from '../support/until.js';

/*
 * P7, P9: a Kafka that is full, and one that is away, hold up the stream and nothing else. Method: a real broker whose files
 * may not grow beyond 12 MiB (its indexes take 10), transfers of 15 KB each, and a relay that publishes all the time.
 */
const ROOM_MIB = 12;
let brokers: Brokers;
let shards: TestShards;
let post: (count: number) => Promise<void>;
let relay: ReturnType<typeof relayOn>;

beforeAll(async () => {
  [brokers, shards] = await Promise.all([startBrokers(1, ROOM_MIB), createTestShards(1)]);
  await ensureJournalTopic(brokers.kafka, shards.name, 1);
  const acme = new CompactTenant(await shards.tenant('acme', 'compact'));
  const writer = shards.writer(0);
  const [a, b] = await acme.open(writer, ['a', 'b']);
  if (a === undefined || b === undefined) throw new Error('not opened');
  let posted = 0;
  const details = { metadata: { note: 'x'.repeat(15_000) } };
  post = async (count) => {
    const some = Array.from({ length: count }, (_, i) => acme.post(`k${posted + i}`, a, b, 1n));
    posted += count;
    const answers = await Promise.all(
      some.map((command) => writer.submit({ ...command, details }, TEST_ORIGIN)),
    );
    for (const answer of answers) expect(answer).toMatchObject({ kind: 'recorded', result: 'done' });
  };
  relay = relayOn(shards, 0, { kafkaOptions: brokers.kafkaOptions });
}, 180_000);
afterAll(async () => {
  await relay.stop();
  await Promise.all([brokers.close(), shards.close()]);
});

/** The journal is the shard's events byte for byte, in order, each once. */
async function untilWhole(): Promise<void> {
  const texts = await eventTexts(shards, 0);
  const published = () => readJournal(brokers.kafkaOptions, shards.name, 0);
  await until('all is published', async () => (await published()).length >= texts.length, PATIENCE_MS);
  expect(await published()).toEqual(texts);
}

it('P7: a broker that is full, and then away, loses and doubles nothing, and no payment waits for it', async () => {
  await post(100);
  await untilWhole();
  // More than there is room for.
  await post(1_000);
  await until('the broker has given up its full disk', () => !brokers.runs(1), PATIENCE_MS);
  await post(50);
  // Somebody has made room.
  await brokers.restart(1);
  await untilWhole();

  const before = relay.log.length;
  await brokers.kill(1);
  await post(50);
  await until('the relay has noticed', () => relay.log.length > before, PATIENCE_MS);
  await brokers.restart(1);
  await untilWhole();
}, 300_000);
