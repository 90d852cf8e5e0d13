import type pg from 'pg';
import { hashOf } from '../journal/hash.js';
import { journalTopic, relayGroup } from '../kafka/journal-topic.js';
import { lastRecord } from '../kafka/last-record.js';
import type { KafkaLine } from '../kafka/line.js';
import { PartitionReader } from '../kafka/partition-reader.js';
import { readPosition } from '../kafka/read-position.js';
import { readEvents } from '../storage/statements/read-events.js';
import { JournalDivergedError } from './journal-diverged-error.js';

/** The last event in the log; `offset` is -1 and `seq` 0 where there is none. */
export interface LogEnd {
  readonly seq: number;
  readonly offset: number;
  /** What the position says, where that is another. */
  readonly keptSeq: number | undefined;
}

/**
 * Finds the last event in a shard's log and checks it against the shard's own. Exact once the producer has fenced every
 * other. @throws JournalDivergedError if it is not the shard's
 */
export async function logEnd(
  line: KafkaLine,
  cluster: string,
  shard: number,
  pool: pg.Pool,
): Promise<LogEnd> {
  const topic = journalTopic(cluster);
  const kept = await readPosition(line.kafka, relayGroup(cluster), topic, shard);
  const reader = await PartitionReader.open(line.options, topic, shard);
  try {
    const last = await lastRecord(reader, kept?.offset);
    const seq = last === undefined ? 0 : await sameAsShard(last.value, shard, pool);
    return { seq, offset: last?.offset ?? -1, keptSeq: kept?.seq === seq ? undefined : kept?.seq };
  } finally {
    await reader.close();
  }
}

async function sameAsShard(published: string, shard: number, pool: pg.Pool): Promise<number> {
  const seq = sequenceOf(published);
  if (seq === undefined) throw new JournalDivergedError(`the journal of shard ${shard} ends with no event`);
  const [own] = await readEvents(pool, seq - 1, 1);
  if (own?.seq !== seq || own.body !== published) {
    const expected = own?.seq === seq ? hashOf(own.body) : 'no such event';
    throw new JournalDivergedError(
      `event ${seq} of shard ${shard} is ${expected} in the shard and ${hashOf(published)} in the journal: an operator must look`,
    );
  }
  return seq;
}

function sequenceOf(published: string): number | undefined {
  try {
    const seq = Number((JSON.parse(published) as { sequence?: string }).sequence);
    return Number.isSafeInteger(seq) && seq > 0 ? seq : undefined;
  } catch {
    return undefined;
  }
}
