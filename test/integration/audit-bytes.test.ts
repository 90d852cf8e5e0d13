import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { exportArchive } from '../../src/audit/archive/export-archive.js';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import { journalTopic } from '../../src/kafka/journal-topic.js';
import { testKafka } from '../support/journal.js';
import { WrittenJournal } from '../support/written-journal.js';

/** P7: what is published is the event's own bytes, not some that read the same. */
const folder = mkdtempSync(join(tmpdir(), 'saldo-bytes-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('names the event whose bytes are no UTF-8, though as a text it is what the next one’s hash is of', async () => {
  const { kafka, kafkaOptions } = testKafka();
  const journal = await WrittenJournal.create(kafka, 1);
  const [text = ''] = journal.next(0, 1);
  // The text has U+FFFD in it, which is what a reader makes of a byte that is no UTF-8.
  const replaced = text.replace('system:test', 'system:\ufffd');
  const bytes = Buffer.from(replaced).toString('latin1');
  const spoilt = Buffer.from(bytes.replace('\xef\xbf\xbd', '\xff'), 'latin1');
  expect(spoilt.toString('utf8')).toBe(replaced);
  const producer = kafka.producer();
  await producer.connect();
  await producer.send({
    topic: journalTopic(journal.cluster),
    messages: [{ value: spoilt, partition: 0 }],
  });
  await producer.disconnect();
  const options = {
    source: kafkaSource(kafkaOptions, journal.cluster, 5_000, { whole: true }),
    upTo: [1],
    dir: join(folder, 'archive'),
    splitBytes: 1_000_000,
    cluster: journal.cluster,
    made: new Date(),
    by: 'saldo test',
  };
  await expect(exportArchive(options)).rejects.toThrow('shard 0, sequence 1: event: expected JSON');
  expect(existsSync(join(options.dir, 'manifest.json'))).toBe(false);
});
