import { afterEach, describe, expect, it } from 'vitest';
import {
  atLeastOnce,
  EventNotProcessedError,
  type JournalEvent,
  JournalGapError,
  PoisonEventError,
  parkedTopic,
  readJournal,
} from '../../src/consumer/index.js';
import { type RunningConsumer, readTopic, startConsumer, upTo } from '../support/consumer-harness.js';
import { testKafka } from '../support/journal.js';
import { until } from '../support/until.js';
import { timeOf, WrittenJournal } from '../support/written-journal.js';

const { kafka, kafkaOptions } = testKafka();
const running: RunningConsumer[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

type Options = Partial<Parameters<typeof startConsumer>[0]>;

/** A consumer that notes what it is handed, by shard. */
async function noting(
  journal: WrittenJournal,
  options: Options = {},
  handle: (event: JournalEvent) => Promise<void> | void = () => undefined,
) {
  const events: JournalEvent[] = [];
  const processing = atLeastOnce({
    handle: async (event) => {
      await handle(event);
      events.push(event);
    },
  });
  const one = await startConsumer({ cluster: journal.cluster, processing, ...options });
  running.push(one);
  const seqs = (shard: number): number[] =>
    events.filter((event) => event.shard === shard).map(({ seq }) => seq);
  return { ...one, events, seqs };
}

describe('P7: what a consumer is handed', () => {
  it('is each shard’s committed events in order, typed, and what comes later', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 700);
    await journal.abort(0, ['never was']);
    await journal.write(1, 3);
    const { events, seqs, faults } = await noting(journal);
    await until('all is handed on', () => events.length === 703);
    await journal.abort(1, ['never was']);
    await journal.write(1, 2);
    await until('what came later is', () => events.length === 705);
    expect(seqs(0)).toEqual(upTo(700));
    expect(seqs(1)).toEqual(upTo(5));
    expect(faults).toEqual([]);
    const [first] = events.filter(({ shard }) => shard === 1);
    expect(first).toMatchObject({ id: '1-1', time: timeOf(1), text: journal.texts[1]?.[0] });
    expect(first?.data.type === 'transfer.posted' && first.data.legs[0]?.amount).toBe(1n);
  });

  it('comes once, however often and in whatever older order it was published', async () => {
    const journal = await WrittenJournal.create(kafka);
    const texts = journal.next(0, 20);
    await journal.publish(0, texts.slice(0, 12));
    await journal.publish(0, texts.slice(5, 9));
    await journal.publish(0, texts.slice(0, 20));
    const { seqs, faults } = await noting(journal);
    await until('all is handed on', () => seqs(0).length >= 20);
    expect(seqs(0)).toEqual(upTo(20));
    expect(faults).toEqual([]);
  });

  it('ends at a gap, which the error names, with all before it done; the other shard goes on', async () => {
    const journal = await WrittenJournal.create(kafka);
    const texts = journal.next(0, 10);
    await journal.publish(0, [...texts.slice(0, 6), ...texts.slice(7)]);
    await journal.write(1, 4);
    const { consumer, seqs, faults } = await noting(journal);
    await until('the gap is found', () => faults.length > 0 && seqs(1).length === 4);
    expect(faults).toMatchObject([{ shard: 0, error: { shard: 0, expected: 7, found: 8 } }]);
    expect(faults[0]?.error).toBeInstanceOf(JournalGapError);
    expect(String(faults[0]?.error)).toContain('event 8 follows event 6, where event 7 must come');
    expect(seqs(0)).toEqual(upTo(6));
    expect(consumer.status()[0]).toMatchObject({ state: 'halted', position: { seq: 6 } });
    await journal.publish(0, texts.slice(6));
    // Still behind the gap as it reads on: the log has event 8 before event 7.
    consumer.resume(0);
    await until('the gap is found again', () => faults.length > 1);
    expect(seqs(0)).toEqual(upTo(6));
  });

  it('is not an event of another chain, cluster or shard', async () => {
    const spoil: readonly [string, (text: string, journal: WrittenJournal) => string][] = [
      ['another journal', (text) => text.replace('system:test', 'system:evil')],
      ['is in the partition', (text, { cluster }) => text.replaceAll(cluster, 'elsewhere')],
      ['is in the partition', (text) => text.replace('"shard":"0"', '"shard":"1"')],
    ];
    for (const [says, change] of spoil) {
      const journal = await WrittenJournal.create(kafka);
      const texts = journal.next(0, 4);
      await journal.publish(
        0,
        texts.map((text, i) => (i === 2 ? change(text, journal) : text)),
      );
      const { seqs, faults } = await noting(journal);
      await until('the fault is told', () => faults.length > 0);
      expect(String(faults[0]?.error)).toContain(says);
      // An event that was changed is found by the next one's hash.
      expect(seqs(0).length).toBeLessThanOrEqual(3);
    }
  });
});

describe('a group goes on where it stopped, and starts where it is told', () => {
  it.each([
    ['beginning', 'beginning' as const, 1],
    ['a sequence', { sequence: 58 }, 58],
    ['a sequence of each shard', { sequence: { 0: 101 } }, 101],
    ['a time', { time: new Date(timeOf(77)) }, 77],
    ['a time between two events', { time: new Date(Date.parse(timeOf(77)) - 1) }, 77],
    ['a time before all', { time: new Date(0) }, 1],
  ])('%s', async (_name, from, first) => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 50, 7);
    await journal.abort(0, ['never was']);
    await journal.write(0, 70, 1);
    const one = await noting(journal, { from });
    await until('it has caught up', () => one.seqs(0).at(-1) === 120);
    expect(one.seqs(0)).toEqual(upTo(120).slice(first - 1));
    await one.stop();
    await journal.write(0, 5);
    const two = await noting(journal, { from: 'beginning' });
    await until('it has caught up again', () => two.seqs(0).at(-1) === 125);
    expect(two.seqs(0)).toEqual([121, 122, 123, 124, 125]);
    expect([...one.faults, ...two.faults]).toEqual([]);
  });

  it('a time after all events: with the next', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 30);
    const { seqs, consumer } = await noting(journal, { from: { time: new Date(timeOf(31)) } });
    await until('it runs', () => consumer.status()[0]?.position?.seq === 30);
    await journal.write(0, 2);
    await until('what came is handed on', () => seqs(0).length === 2);
    expect(seqs(0)).toEqual([31, 32]);
  });

  it('a sequence that is not there yet: with that, once it comes', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 3);
    const { seqs, consumer } = await noting(journal, { from: { sequence: 5 } });
    await until('it runs', () => consumer.status()[0]?.state === 'running');
    await journal.write(0, 3);
    await until('it came', () => seqs(0).length === 2);
    expect(seqs(0)).toEqual([5, 6]);
  });

  it('readJournal gives all up to an event and ends', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(1, 300, 40);
    const seqs: number[] = [];
    const { brokers } = kafkaOptions;
    for await (const { seq } of readJournal({ brokers, cluster: journal.cluster, shard: 1, upTo: 250 })) {
      seqs.push(seq);
    }
    expect(seqs).toEqual(upTo(250));
  });
});

describe('poison', () => {
  const failing = (seq: number, error: () => Error) => (event: JournalEvent) => {
    if (event.shard === 0 && event.seq === seq) throw error();
  };

  it('stops its shard, named, unless the consumer said otherwise; tried again it goes on', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 10);
    await journal.write(1, 10);
    let mended = false;
    let tries = 0;
    const { consumer, seqs, faults } = await noting(journal, { attempts: 2 }, (event) => {
      if (event.shard !== 0 || event.seq !== 6 || mended) return;
      tries += 1;
      throw new Error('no such account');
    });
    await until('it is told', () => faults.length > 0 && seqs(1).length === 10);
    expect(faults[0]?.error).toBeInstanceOf(EventNotProcessedError);
    expect(String(faults[0]?.error)).toContain('event 6 of shard 0 can not be processed: no such account');
    expect(seqs(0)).toEqual(upTo(5));
    // Once in its batch, then twice by itself.
    expect(tries).toBe(3);
    expect(consumer.status()[0]).toMatchObject({ state: 'halted', position: { seq: 5 } });
    mended = true;
    consumer.resume(0);
    await until('it goes on', () => seqs(0).length === 10);
    expect(seqs(0)).toEqual(upTo(10));
  });

  it('is parked with its reason where the consumer says so, and the shard goes on', async () => {
    const journal = await WrittenJournal.create(kafka);
    const [one = '', two = '', ...rest] = journal.next(0, 8);
    const unknown = two.replace('saldo.transfer.posted', 'saldo.transfer.teleported');
    journal.texts[0] = [one, unknown];
    const after = journal.next(0, 6);
    await journal.publish(0, [one, unknown, 'no event at all', ...after]);
    expect(rest).toHaveLength(6);
    const poison = failing(5, () => new PoisonEventError('never'));
    const { seqs, parked, faults, stop } = await noting(journal, { onPoison: 'park' }, poison);
    await until('it has gone on', () => seqs(0).at(-1) === 8);
    expect(seqs(0)).toEqual([1, 3, 4, 6, 7, 8]);
    expect(parked).toMatchObject([
      { shard: 0, seq: 2, reason: expect.stringContaining('saldo.transfer.teleported') },
      { shard: 0, seq: undefined, text: 'no event at all' },
      { shard: 0, seq: 5, reason: 'never' },
    ]);
    expect(faults).toEqual([]);
    await stop();
    // Kept as it was, once.
    expect(await readTopic(parkedTopic(journal.cluster, 'test'), 0)).toEqual([
      unknown,
      'no event at all',
      after[2],
    ]);
  });

  it('is not what a server that is away makes of it: that is tried until it passes', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 3);
    let left = 2;
    const away = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
    const { seqs, faults, parked } = await noting(journal, { onPoison: 'park', attempts: 1 }, ({ seq }) => {
      if (seq === 2 && left-- > 0) throw away();
    });
    await until('it has gone on', () => seqs(0).length === 3);
    expect(parked).toEqual([]);
    expect(faults.length).toBeGreaterThan(0);
    expect(faults[0]).toMatchObject({ shard: 0, retryMs: expect.any(Number) });
  });
});

describe('pause and stop', () => {
  it('nothing is handed on while paused, and all of it afterwards', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 100);
    const { consumer, seqs } = await noting(journal, { maxEvents: 10 }, async () => {
      if (seqs(0).length === 20) consumer.pause();
    });
    await until('it is paused', () => consumer.status()[0]?.state === 'paused');
    const before = seqs(0).length;
    expect(before).toBeLessThan(100);
    await journal.write(0, 10);
    expect(seqs(0)).toHaveLength(before);
    consumer.resume();
    await until('it has gone on', () => seqs(0).length === 110);
    expect(seqs(0)).toEqual(upTo(110));
  });

  it('a stop commits what is under way: the next instance repeats nothing', async () => {
    const journal = await WrittenJournal.create(kafka);
    await journal.write(0, 400);
    const seen: number[] = [];
    while (seen.length < 400) {
      const one = await noting(journal, { maxEvents: 7 }, ({ seq }) => void seen.push(seq));
      const before = seen.length;
      await until('it has done something', () => seen.length > before + 40 || seen.length === 400);
      await one.stop();
    }
    expect(seen).toEqual(upTo(400));
  });
});
