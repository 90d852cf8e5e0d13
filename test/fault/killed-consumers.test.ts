import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { ensureTopics } from '../../src/kafka/ensure-topic.js';
import {
  type ConsumerDatabase,
  createConsumerDatabase,
  effectsOf,
  readTopic,
  recordCounter,
  upTo,
} from '../support/consumer-harness.js';
import { testKafka } from '../support/journal.js';
import { killConsumers, randomOf } from '../support/killed-consumers.js';
import { until } from '../support/until.js';
import { WrittenJournal } from '../support/written-journal.js';

/** In CI a few; `npm run test:consumer-kills` has a hundred. */
const KILLS = inject('consumerKills') ?? 5;
/** So many that there is work left for each. */
const EVENTS = 60 * KILLS;
const TIMEOUT_MS = 120_000 + KILLS * 15_000;

const { kafka } = testKafka();
let database: ConsumerDatabase;
beforeAll(async () => {
  database = await createConsumerDatabase();
});
afterAll(() => database.close());

async function writtenJournal(): Promise<WrittenJournal> {
  const journal = await WrittenJournal.create(kafka);
  await Promise.all([journal.write(0, EVENTS, 40), journal.write(1, EVENTS, 40)]);
  return journal;
}

const argsOf = (mode: string, { cluster }: WrittenJournal): string[] => [
  mode,
  inject('stack').kafkaBrokers.join(','),
  cluster,
  'killed',
  database.url,
];

it(
  `in Postgres, killed ${KILLS} times at random: every event had its effect, none had it twice`,
  async () => {
    const journal = await writtenJournal();
    const done = async (): Promise<number> =>
      Number((await database.pool.query('SELECT count(*) FROM effects')).rows[0]?.count);
    const seed = Date.now();
    await killConsumers({
      args: argsOf('postgres', journal),
      kills: KILLS,
      done,
      all: 2 * EVENTS,
      random: randomOf(seed),
    });
    for (const shard of [0, 1]) {
      expect(await effectsOf(database.pool, shard), `seed ${seed}`).toEqual(upTo(EVENTS));
    }
  },
  TIMEOUT_MS,
);

it(
  `to Kafka, killed ${KILLS} times at random: every event brought forth its records once`,
  async () => {
    const journal = await writtenJournal();
    const topic = `${journal.cluster}.out`;
    await ensureTopics(kafka, [{ topic, partitions: 3, config: {} }]);
    const counter = await recordCounter(topic, 2);
    const seed = Date.now();
    await killConsumers({
      args: argsOf('kafka', journal),
      kills: KILLS,
      done: counter.count,
      all: 2 * EVENTS,
      random: randomOf(seed),
    });
    await counter.close();
    for (const shard of [0, 1]) {
      // A transaction's end reaches its partitions one after the other: the counted one may have it before this one.
      await until('the last transaction has ended here too', async () => {
        const { length } = await readTopic(topic, shard);
        return length >= EVENTS;
      });
      expect((await readTopic(topic, shard)).map(Number), `seed ${seed}`).toEqual(upTo(EVENTS));
      const named = (await readTopic(topic, 2)).filter((value) => value.startsWith(`${shard}-`));
      expect(named, `seed ${seed}`).toEqual(upTo(EVENTS).map((seq) => `${shard}-${seq}`));
    }
  },
  TIMEOUT_MS,
);
