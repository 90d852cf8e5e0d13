import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  atLeastOnce,
  inPostgres,
  type JournalEvent,
  PoisonEventError,
  ShardTakenOverError,
  toKafka,
} from '../../src/consumer/index.js';
import { ensureTopics } from '../../src/kafka/ensure-topic.js';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  effectsOf,
  type RunningConsumer,
  readTopic,
  startConsumer,
  upTo,
} from '../support/consumer-harness.js';
import { testKafka } from '../support/journal.js';
import { until } from '../support/until.js';
import { WrittenJournal } from '../support/written-journal.js';

const { kafka } = testKafka();
const running: RunningConsumer[] = [];
let database: ConsumerDatabase;
let journal: WrittenJournal;

beforeAll(async () => {
  database = await createConsumerDatabase();
});
afterAll(() => database.close());
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
  await database.pool.query('TRUNCATE effects, saldo_consumer.positions, saldo_consumer.parked');
});

type Handle = (event: JournalEvent) => Promise<void> | void;
type Options = Partial<Parameters<typeof startConsumer>[0]>;

async function start(options: Options): Promise<RunningConsumer> {
  const one = await startConsumer({
    cluster: journal.cluster,
    processing: inEffects(),
    ...options,
  });
  running.push(one);
  return one;
}

const inEffects = (after: Handle = () => undefined) =>
  inPostgres({
    pool: database.pool,
    handle: async (event, client) => {
      await client.query('INSERT INTO effects VALUES ($1, $2)', [event.shard, event.seq]);
      await after(event);
    },
  });

const effects = (shard: number): Promise<number[]> => effectsOf(database.pool, shard);
const untilDone = (shard: number, count: number): Promise<void> =>
  until(`shard ${shard} is done`, async () => (await effects(shard)).length >= count);

describe('exactly once in Postgres', () => {
  it('the effect of an event and the position are one commit', async () => {
    journal = await WrittenJournal.create(kafka);
    await journal.write(0, 300);
    let failed = 0;
    const processing = inEffects(({ seq }) => {
      if (seq !== 250 || failed++ > 0) return;
      throw new Error('after the effect, before the commit');
    });
    await start({ processing, maxEvents: 100 });
    await untilDone(0, 300);
    expect(failed).toBeGreaterThan(0);
    expect(await effects(0)).toEqual(upTo(300));
    const { rows } = await database.pool.query('SELECT seq FROM saldo_consumer.positions WHERE shard = 0');
    expect(rows).toEqual([{ seq: '300' }]);
  });

  it('a poison event is parked in the commit that goes past it, and leaves no effect', async () => {
    journal = await WrittenJournal.create(kafka);
    await journal.write(0, 30);
    const processing = inEffects(({ seq }) => {
      if (seq % 10 === 0) throw new PoisonEventError(`no ${seq} \u0000`);
    });
    const { parked } = await start({ processing, onPoison: 'park' });
    await until('all is done', () => parked.length === 3);
    expect(await effects(0)).toEqual(upTo(30).filter((seq) => seq % 10 !== 0));
    const { rows } = await database.pool.query(
      'SELECT seq, reason, body FROM saldo_consumer.parked ORDER BY 1',
    );
    expect(rows).toEqual(
      [10, 20, 30].map((seq) => ({
        seq: String(seq),
        reason: `no ${seq} \uFFFD`,
        body: journal.texts[0]?.[seq - 1],
      })),
    );
  });

  it('a statement whose error the handler swallows does not pass for success', async () => {
    journal = await WrittenJournal.create(kafka);
    await journal.write(0, 3);
    const processing = inPostgres({
      pool: database.pool,
      handle: async ({ shard, seq }, client) => {
        await client.query('INSERT INTO effects VALUES ($1, $2)', [shard, seq]);
        if (seq === 2) await client.query('SELECT 1 / 0').catch(() => undefined);
      },
    });
    const { faults } = await start({ processing, attempts: 1 });
    await until('it is told', () => faults.length > 0);
    expect(String(faults[0]?.error)).toContain('event 2 of shard 0 can not be processed');
    expect(await effects(0)).toEqual([1]);
  });

  it('an instance that was replaced in the middle of its work commits nothing more', async () => {
    journal = await WrittenJournal.create(kafka);
    await journal.write(0, 40);
    let reached: () => void = () => undefined;
    let goOn: () => void = () => undefined;
    const inTheMiddle = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const replaced = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    // Hangs in memory, before it holds anything in the database: as a process does that is stopped.
    const slow = inPostgres({ pool: database.pool, handle: async () => undefined });
    const hanging = {
      ...slow,
      open: async (shard: number) => {
        const session = await slow.open(shard);
        const process = session.process.bind(session);
        session.process = async (items) => {
          reached();
          await replaced;
          await process(items);
        };
        return session;
      },
    };
    const first = await start({ processing: hanging, shards: [0], sessionTimeoutMs: 60_000 });
    await inTheMiddle;
    await start({ shards: [0], handoverMs: 100 });
    await untilDone(0, 40);
    goOn();
    await until('the first finds out', () => first.faults.length > 0);
    expect(first.faults[0]?.error).toBeInstanceOf(ShardTakenOverError);
    expect(await effects(0)).toEqual(upTo(40));
  });

  it('says what to do where its tables are missing', async () => {
    await database.pool.query('ALTER SCHEMA saldo_consumer RENAME TO elsewhere');
    try {
      await expect(start({})).rejects.toThrow('run migrateConsumer(url) once');
    } finally {
      await database.pool.query('ALTER SCHEMA elsewhere RENAME TO saldo_consumer');
    }
  });
});

describe('exactly once to Kafka', () => {
  it('an instance that was replaced publishes nothing more, and the new one repeats nothing', async () => {
    journal = await WrittenJournal.create(kafka);
    await journal.write(0, 60);
    const topic = `${journal.cluster}.out`;
    await ensureTopics(kafka, [{ topic, partitions: 1, config: {} }]);
    const forwarding = (before: Handle) =>
      toKafka({
        handle: async (event) => {
          await before(event);
          return [{ topic, key: event.id, value: String(event.seq) }];
        },
      });
    let goOn: () => void = () => undefined;
    let hangs = false;
    const replaced = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const processing = forwarding(async ({ seq }) => {
      if (seq !== 23) return;
      hangs = true;
      await replaced;
    });
    const first = await start({ processing, shards: [0], maxEvents: 10, sessionTimeoutMs: 60_000 });
    await until('the first hangs', () => hangs);
    await start({ processing: forwarding(() => undefined), shards: [0], handoverMs: 100 });
    await until('the second is done', async () => (await readTopic(topic, 0)).length === 60);
    goOn();
    await until('the first finds out', () => first.faults.length > 0);
    expect(first.faults[0]?.error).toBeInstanceOf(ShardTakenOverError);
    expect((await readTopic(topic, 0)).map(Number)).toEqual(upTo(60));
  });
});

describe('P9: instances of a group share the shards', () => {
  const shared = { shards: 'shared', sessionTimeoutMs: 6_000, handoverMs: 5_000 } as const;
  const shardsOf = (one: RunningConsumer): number[] =>
    one.consumer
      .status()
      .filter(({ state }) => state === 'running')
      .map(({ shard }) => shard);
  const share = (one: RunningConsumer, other: RunningConsumer): Promise<void> =>
    until('each has a shard', () => shardsOf(one).length === 1 && shardsOf(other).length === 1, 30_000);

  it('one joins, one leaves: nothing is lost or done twice, though nothing but good order keeps it so', async () => {
    journal = await WrittenJournal.create(kafka);
    const seen: string[] = [];
    const processing = () => atLeastOnce({ handle: ({ id }) => void seen.push(id) });
    const expected: string[] = [];
    const write = async (count: number): Promise<void> => {
      for (const shard of [0, 1]) {
        const from = journal.texts[shard]?.length ?? 0;
        await journal.write(shard, count);
        expected.push(...upTo(count).map((n) => `${shard}-${from + n}`));
      }
    };
    const untilSeen = (): Promise<void> => until('all is seen', () => seen.length >= expected.length, 30_000);
    await write(200);
    const one = await start({ ...shared, processing: processing(), maxEvents: 3 });
    await until('it has begun', () => seen.length > 30);
    const two = await start({ ...shared, processing: processing(), maxEvents: 3 });
    await share(one, two);
    await write(50);
    await untilSeen();
    await write(100);
    await two.stop();
    await until('one has both', () => shardsOf(one).length === 2, 30_000);
    await write(20);
    await untilSeen();
    expect([...seen].sort()).toEqual([...expected].sort());
    expect(one.faults).toEqual([]);
  });
});
