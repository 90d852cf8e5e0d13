import { ConfigResourceTypes } from 'kafkajs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccountId } from '../../src/domain/ids.js';
import { ProducerFencedError } from '../../src/kafka/fenced.js';
import { ensureJournalTopic, journalTopic, relayGroup } from '../../src/kafka/journal-topic.js';
import { ShardProducer } from '../../src/kafka/shard-producer.js';
import type { ShardWriter } from '../../src/posting/shard-writer.js';
import { JournalDivergedError } from '../../src/relay/journal-diverged-error.js';
import type { ShardRelayOptions } from '../../src/relay/shard-relay.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import { CompactTenant } from '../support/compact-tenant.js';
import { readJournal, testKafka } from '../support/journal.js';
import { eventTexts, relayOn } from '../support/relay.js';
import { until } from '../support/until.js';

const { kafka, kafkaOptions, complaints } = testKafka();
let shards: TestShards;
let writer: ShardWriter;
let acme: CompactTenant;
let accounts: AccountId[];
let posted = 0;

beforeAll(async () => {
  shards = await createTestShards(1);
  acme = new CompactTenant(await shards.tenant('acme', 'compact'));
  writer = shards.writer(0);
  accounts = await acme.open(writer, ['a', 'b']);
  await ensureJournalTopic(kafka, shards.name, 1);
});
beforeEach(() => {
  complaints.length = 0;
});
afterAll(() => shards.close());

/** Stands for the process dying right here: nothing after it runs, nothing is tidied up. */
class Died extends Error {}

const relay = (options: Partial<ShardRelayOptions> = {}) => relayOn(shards, 0, { kafkaOptions, ...options });

async function post(count: number): Promise<void> {
  const [a, b] = accounts;
  if (a === undefined || b === undefined) throw new Error('not opened');
  const first = posted;
  posted += count;
  await Promise.all(
    Array.from({ length: count }, (_, i) => writer.submit(acme.post(`k${first + i}`, a, b, 1n), TEST_ORIGIN)),
  );
}

const shardBodies = (): Promise<string[]> => eventTexts(shards, 0);

async function untilPublished(): Promise<void> {
  const bodies = await shardBodies();
  await until('the journal has every event', async () => {
    return (await readJournal(kafkaOptions, shards.name, 0)).length >= bodies.length;
  });
  // P7: byte for byte, in order, no gap, no duplicate.
  expect(await readJournal(kafkaOptions, shards.name, 0)).toEqual(bodies);
}

describe('P7: an event larger than brokers usually take', () => {
  const configOf = async (topic: string): Promise<Map<string, string>> => {
    const admin = kafka.admin();
    await admin.connect();
    const resource = { type: ConfigResourceTypes.TOPIC, name: topic };
    const { resources } = await admin.describeConfigs({ resources: [resource], includeSynonyms: false });
    await admin.disconnect();
    const entries = resources.flatMap(({ configEntries }) => configEntries);
    return new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
  };

  it('is published: a request of just below 1 MiB makes one', async () => {
    const [a, b] = accounts;
    if (a === undefined || b === undefined) throw new Error('not opened');
    const keys = Array.from({ length: 50 }, (_, n) => `k${n}`);
    const metadata = Object.fromEntries(keys.map((name) => [name, '\u0001'.repeat(3_600)]));
    const command = { ...acme.post('large', a, b, 1n), details: { metadata } };
    expect(await writer.submit(command, TEST_ORIGIN)).toMatchObject({ result: 'done' });
    expect((await shardBodies()).some((body) => Buffer.byteLength(body) > 1_050_000)).toBe(true);
    const one = relay();
    await untilPublished();
    await one.stop();
  });

  it('is taken also by a topic that an earlier release made, which keeps what else was set of it', async () => {
    const earlier = `${shards.name}-earlier`;
    const admin = kafka.admin();
    await admin.connect();
    const configEntries = ['retention.ms', 'segment.bytes'].map((name, n) => ({
      name,
      value: ['-1', '5242880'][n] ?? '',
    }));
    await admin.createTopics({ topics: [{ topic: journalTopic(earlier), numPartitions: 1, configEntries }] });
    await admin.disconnect();
    for (let n = 0; n < 2; n += 1) {
      await ensureJournalTopic(kafka, earlier, 1);
      const config = await configOf(journalTopic(earlier));
      expect(Number(config.get('max.message.bytes'))).toBeGreaterThan(2_000_000);
      expect([config.get('retention.ms'), config.get('segment.bytes')]).toEqual(['-1', '5242880']);
    }
  });
});

describe('P7: the relay', () => {
  it('publishes what is committed, in order, in the shard’s own bytes', async () => {
    await post(2_500);
    const one = relay();
    await untilPublished();
    await post(10);
    await untilPublished();
    await one.stop();
  });

  it('goes on where it stopped', async () => {
    await post(20);
    const one = relay();
    await untilPublished();
    expect(one.log.join()).toContain('relaying from sequence');
    expect(one.log.join()).not.toContain('relaying from sequence 1\n');
    await one.stop();
  });

  it('that dies after the send, before the commit, leaves nothing behind and doubles nothing', async () => {
    await post(50);
    const dying = relay({
      faultPoint: (name) => {
        if (name === 'after-relay-send') throw new Died();
      },
    });
    await until('it has died once', () => dying.log.some((line) => line.includes('trying again')));
    await dying.stop();
    const next = relay();
    await untilPublished();
    await next.stop();
  });

  it('that dies after the commit publishes nothing twice', async () => {
    await post(50);
    const dying = relay({
      faultPoint: (name) => {
        if (name === 'after-relay-commit') throw new Died();
      },
    });
    await until('it has died once', () => dying.log.some((line) => line.includes('trying again')));
    await dying.stop();
    const next = relay();
    await post(5);
    await untilPublished();
    await next.stop();
  });

  it('is fenced by a second one and stops', async () => {
    const older = relay();
    await untilPublished();
    const ended = expect(older.running).rejects.toThrow(ProducerFencedError);
    const newer = relay();
    await until('the newer is there', () => newer.log.some((line) => line.includes('relaying from')));
    await post(5);
    await ended;
    await untilPublished();
    await newer.stop();
  });

  it('finds the log’s true end when Kafka has forgotten the position', async () => {
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteGroups([relayGroup(shards.name)]);
    await admin.disconnect();
    await post(30);
    const one = relay();
    await untilPublished();
    await one.stop();
  });

  it('publishes again what a log that lost its end does not have', async () => {
    const topic = journalTopic(shards.name);
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await until('the topic is gone', async () => !(await admin.listTopics()).includes(topic));
    await until('the topic can be made again', () =>
      ensureJournalTopic(kafka, shards.name, 1).then(
        () => true,
        () => false,
      ),
    );
    // As after a broker's crash that took the end of the log and not the position.
    const kept = { partition: 0, offset: '2700', metadata: '2600' };
    const producer = kafka.producer({ transactionalId: `${shards.name}.keeper`, maxInFlightRequests: 1 });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.sendOffsets({
      consumerGroupId: relayGroup(shards.name),
      topics: [{ topic, partitions: [kept] }],
    });
    await transaction.commit();
    await producer.disconnect();
    await admin.disconnect();
    const one = relay();
    await untilPublished();
    expect(one.log.join()).toContain("going on from the log's true end");
    await one.stop();
  });

  it('that runs finds that the log lost its end, before it commits, and publishes again', async () => {
    const one = relay();
    await untilPublished();
    const topic = journalTopic(shards.name);
    const admin = kafka.admin();
    await admin.connect();
    await admin.deleteTopics({ topics: [topic] });
    await until('the topic can be made again', () =>
      ensureJournalTopic(kafka, shards.name, 1).then(
        () => true,
        () => false,
      ),
    );
    // The broker may have the old log at hand for a moment: what went there would be lost with it, after this test.
    await until('the log is empty', () =>
      admin.fetchTopicOffsets(topic).then(
        (partitions) => partitions.every(({ high }) => high === '0'),
        () => false,
      ),
    );
    await admin.disconnect();
    await post(5);
    await untilPublished();
    await one.stop();
  });

  it('reads nothing twice and holds two batches, however much waits and however large the events are', async () => {
    const text = 'ü'.repeat(2_000);
    const [a, b] = accounts;
    if (a === undefined || b === undefined) throw new Error('not opened');
    const large = Array.from({ length: 1_200 }, (_, n) => {
      const details = { metadata: { text } };
      return writer.submit({ ...acme.post(`large ${n}`, a, b, 1n), details }, TEST_ORIGIN);
    });
    await Promise.all(large);
    let rows = 0;
    let published = 0;
    /** Sizes of what was read and not sent yet. */
    const held: number[] = [];
    let [largest, most] = [0, 0];
    const pool = shards.posting(0);
    const counting = {
      query: async (...given: Parameters<typeof pool.query>) => {
        const result = (await (pool.query as (...all: unknown[]) => Promise<unknown>)(...given)) as {
          rows: { seq?: string; found?: string }[];
        };
        rows += result.rows.filter(({ seq }) => seq !== undefined).length;
        const batch = result.rows.filter(({ found }) => found !== undefined).length;
        if (batch > 0) held.push(batch);
        largest = Math.max(largest, batch);
        most = Math.max(most, held.length);
        return result;
      },
    } as unknown as typeof pool;
    const one = relay({
      pool: counting,
      faultPoint: (name) => {
        if (name === 'after-relay-send') held.shift();
      },
      onPublished: (_, events) => {
        published += events;
      },
    });
    await untilPublished();
    await one.stop();
    // The event that ends the log is read once more, to compare it.
    expect(rows).toBeLessThanOrEqual(published + 1);
    // Two batches of some 200 events that make 900,000 bytes each, not 1,200 events.
    expect(largest).toBeLessThan(250);
    expect(most).toBe(2);
    expect(held).toEqual([]);
  });

  it('stops and names the event when the log is not the shard’s', async () => {
    const [last] = (await shardBodies()).slice(-1);
    const forged = (last ?? '').replace('"actor":"system:test"', '"actor":"system:evil"');
    const forger = await ShardProducer.open({
      kafka,
      topic: journalTopic(shards.name),
      partition: 0,
      transactionalId: `${shards.name}.shard-0`,
      group: relayGroup(shards.name),
    });
    await forger.send([forged]);
    await forger.commit(0);
    await forger.close();
    const one = relay();
    await expect(one.running).rejects.toThrow(JournalDivergedError);
    await expect(one.running).rejects.toThrow(
      /event \d+ of shard 0 is [0-9a-f]{64} in the shard and [0-9a-f]{64}/,
    );
  });
});
