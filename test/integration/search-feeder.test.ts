import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { JOURNAL_START, JournalCursor, JournalFaultError } from '../../src/journal/journal-cursor.js';
import { ensureJournalTopic, journalTopic } from '../../src/kafka/journal-topic.js';
import { ShardRelay } from '../../src/relay/shard-relay.js';
import { applyBatch, PositionMovedError } from '../../src/search/apply-batch.js';
import { SearchFeeder } from '../../src/search/feeder.js';
import { Barrier } from '../../src/storage/barrier.js';
import { WakeUp } from '../../src/storage/wake-up.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import { CompactTenant } from '../support/compact-tenant.js';
import { readJournal, testKafka } from '../support/journal.js';
import { createSearchModel, type SearchModel } from '../support/search-model.js';
import { until } from '../support/until.js';

/** Feeding alone: two shards with local transfers, their relays, the run's Kafka, and models of their own. */
const { kafka, kafkaOptions } = testKafka();
const stopRelays = new AbortController();
let shards: TestShards;
let relays: Promise<void>[];
let tenants: CompactTenant[];
let posted = 0;
const models: SearchModel[] = [];

const createModel = async (): Promise<SearchModel> => {
  const model = await createSearchModel();
  models.push(model);
  return model;
};

function startFeeder({ url, pool }: SearchModel, maxEvents = 2_000) {
  const errors: { readonly shard: number | undefined; readonly error: unknown }[] = [];
  const feeder = new SearchFeeder({
    lockUrl: url,
    pool,
    cluster: shards.name,
    shards: [0, 1],
    kafkaOptions,
    maxEvents,
    onError: (shard, error) => errors.push({ shard, error }),
  });
  feeder.start();
  return { feeder, errors };
}

async function post(count: number): Promise<void> {
  const first = posted;
  posted += count;
  await Promise.all(
    tenants.flatMap((tenant) =>
      Array.from({ length: count }, (_, i) => {
        const [a, b] = [tenant.account('a'), tenant.account('b')];
        const { shard } = writerOf(tenant);
        return shard.submit(tenant.post(`k${first + i}`, a, b, BigInt(1 + i)), TEST_ORIGIN);
      }),
    ),
  );
}
const writers = new Map<number, ReturnType<TestShards['writer']>>();
function writerOf(tenant: CompactTenant) {
  const number = shards.facts.map.shardOf(tenant.account('a'));
  const shard = writers.get(number) ?? shards.writer(number);
  writers.set(number, shard);
  return { number, shard };
}

/** What each shard has committed, which is what a model must come to. */
const heads = async (): Promise<number[]> =>
  Promise.all(
    [0, 1].map(async (n) => Number((await shards.owner(n).query('SELECT seq FROM head')).rows[0].seq)),
  );
const sequences = async ({ reader }: SearchModel): Promise<number[]> =>
  (await reader.lag()).map(({ sequence }) => sequence);
const total = async (model: SearchModel): Promise<number> =>
  (await sequences(model)).reduce((sum, one) => sum + one, 0);

async function caughtUp(model: SearchModel): Promise<void> {
  const expected = await heads();
  await until('the model has caught up', async () => (await sequences(model)).join() === expected.join());
}

async function dump({ pool }: SearchModel): Promise<string[]> {
  const tables = ['transfers', 'tags', 'accounts', 'entries', 'day_sums'];
  const rows = await Promise.all(
    tables.map((table) => pool.query(`SELECT '${table} ' || t::text AS row FROM ${table} t ORDER BY 1`)),
  );
  return rows.flatMap((one) => one.rows.map(({ row }) => String(row)));
}

beforeAll(async () => {
  shards = await createTestShards(2);
  await ensureJournalTopic(kafka, shards.name, 2);
  tenants = [];
  // Until there is a tenant on each shard.
  for (let n = 0; new Set(tenants.map((one) => writerOf(one).number)).size < 2; n += 1) {
    const tenant = new CompactTenant(await shards.tenant(`tenant${n}`, 'compact'));
    tenants.push(tenant);
    await tenant.open(writerOf(tenant).shard, ['a', 'b']);
  }
  relays = [0, 1].map((shard) =>
    new ShardRelay({
      shard,
      cluster: shards.name,
      pool: shards.posting(shard),
      barrier: new Barrier(shards.posting(shard)),
      kafkaOptions,
      wake: new WakeUp(),
      log: () => undefined,
    }).run(stopRelays.signal),
  );
  await post(150);
});
afterAll(async () => {
  stopRelays.abort();
  await Promise.all(relays);
  await Promise.all(models.map((model) => model.close()));
  await shards.close();
});

describe('P7: feeding the read model', () => {
  it('takes position and effect in one commit: a batch from a stale position changes nothing', async () => {
    const model = await createModel();
    const { feeder } = startFeeder(model);
    await caughtUp(model);
    const before = await dump(model);
    expect(before.length).toBeGreaterThan(600);
    const cursor = new JournalCursor(shards.name, 0, JOURNAL_START);
    const { events } = cursor.take((await readJournal(kafkaOptions, shards.name, 0)).slice(0, 40));
    const stale = { shard: 0, after: 0, events, position: cursor.at, kafkaOffset: 0 };
    await expect(applyBatch(model.pool, stale)).rejects.toThrow(PositionMovedError);
    await feeder.stop();
    expect(await dump(model)).toEqual(before);
    expect(await sequences(model)).toEqual(await heads());
  });

  it('goes on after stops and starts at any moment, and of two feeders one works', async () => {
    const [model, whole] = [await createModel(), await createModel()];
    const other = startFeeder(whole).feeder;
    const holders = async () => {
      const { rows } = await model.pool.query<{ held: number }>(
        `SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory' AND granted
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      );
      return rows[0]?.held;
    };
    for (let stops = 0; stops < 3; stops += 1) {
      const both = [startFeeder(model, 1).feeder, startFeeder(model, 1).feeder];
      const before = await total(model);
      await until('something more came in', async () => (await total(model)) > before);
      expect(await holders()).toBe(1);
      await Promise.all(both.map((one) => one.stop()));
    }
    expect(await total(model)).toBeLessThan((await heads()).reduce((sum, one) => sum + one, 0));
    const { feeder } = startFeeder(model);
    await Promise.all([caughtUp(model), caughtUp(whole)]);
    await Promise.all([feeder.stop(), other.stop()]);
    expect(await dump(model)).toEqual(await dump(whole));
  });

  it('passes on to the feeder that waits, which goes on with what comes', async () => {
    const model = await createModel();
    const { feeder } = startFeeder(model);
    await caughtUp(model);
    const second = startFeeder(model);
    await feeder.stop();
    await post(5);
    await caughtUp(model);
    await second.feeder.stop();
  });

  it('emptied while it is fed, comes to the same rows again, though nothing new is posted', async () => {
    const model = await createModel();
    const { feeder, errors } = startFeeder(model);
    await caughtUp(model);
    const before = await dump(model);
    await feeder.reset();
    expect(await dump(model)).toEqual([]);
    await caughtUp(model);
    expect(await dump(model)).toEqual(before);
    expect(errors.every(({ error }) => error instanceof PositionMovedError)).toBe(true);
    await feeder.stop();
  });

  it('finds its place again where Kafka has the events elsewhere', async () => {
    const model = await createModel();
    await caughtUpOnce(model);
    const before = await dump(model);
    // One hint points behind what comes next, the other beyond the end.
    await model.pool.query('TRUNCATE transfers, tags, accounts, entries, day_sums, open_parts');
    const { seq, hash } = JOURNAL_START;
    await model.pool.query(
      'UPDATE positions SET seq = $1, hash = $2, kafka_offset = CASE shard WHEN 0 THEN 40 ELSE 1000000 END',
      [seq, hash],
    );
    await caughtUpOnce(model);
    expect(await dump(model)).toEqual(before);
  });

  // Last: what is in Kafka's log is not taken out again.
  it('P9: stops a shard at what is not its next event, says which, and feeds all before it and the others', async () => {
    stopRelays.abort();
    await Promise.all(relays);
    const [head0 = 0, head1 = 0] = await heads();
    const [last = ''] = (await readJournal(kafkaOptions, shards.name, 1)).slice(-1);
    const sequence = `"sequence":"${String(head1 + 2).padStart(16, '0')}"`;
    const value = last.replace(/"sequence":"\d+"/, sequence);
    const producer = kafka.producer();
    await producer.connect();
    await producer.send({ topic: journalTopic(shards.name), messages: [{ partition: 1, value }] });
    await producer.disconnect();
    const model = await createModel();
    const { feeder, errors } = startFeeder(model);
    await until('the fault is told', () => errors.length > 0);
    await caughtUp(model);
    await feeder.stop();
    expect(errors[0]).toMatchObject({ shard: 1, error: expect.any(JournalFaultError) });
    expect(String(errors[0]?.error)).toContain(`event ${head1 + 2} follows event ${head1}`);
    expect(await sequences(model)).toEqual([head0, head1]);
    for (const { tenant } of tenants)
      expect((await model.reader.transfers(tenant, { limit: 1_000 })).items).toHaveLength(posted);
  });
});

async function caughtUpOnce(model: SearchModel): Promise<void> {
  const { feeder } = startFeeder(model);
  await caughtUp(model);
  await feeder.stop();
}
