import type pg from 'pg';
import type { DecodedEvent } from '../journal/decode.js';
import { JOURNAL_START, type JournalPosition } from '../journal/journal-cursor.js';
import { withClient } from '../storage/with-client.js';
import { foldBatch } from './fold.js';
import { readKnown } from './statements/read-known.js';
import { writeChanges } from './statements/write-changes.js';

/** Somebody else has fed this shard, or emptied the model: read the position again. */
export class PositionMovedError extends Error {
  override readonly name = 'PositionMovedError';
}

export interface Batch {
  readonly shard: number;
  /** Sequence of the last event that is in. */
  readonly after: number;
  /** Not empty; one shard's, in order, from `after + 1` on. */
  readonly events: readonly DecodedEvent[];
  /** Of the last of them. */
  readonly position: JournalPosition;
  /** Where Kafka has what follows. */
  readonly kafkaOffset: number;
}

// What a crash would take from the end of the log it takes position and effect at once, and Kafka still has the events;
// so no commit waits for the disk. A feeder that stalls in mid-transaction must not hold the position for ever.
const BEGIN = `BEGIN; SET LOCAL synchronous_commit = off; SET LOCAL idle_in_transaction_session_timeout = '10s'`;

/** Takes events in, exactly once: position and effect in one commit. @throws PositionMovedError, JournalFaultError */
export async function applyBatch(pool: pg.Pool, batch: Batch): Promise<void> {
  const { shard, after, events, position, kafkaOffset } = batch;
  await withClient(pool, async (client) => {
    await client.query(BEGIN);
    // First, so that nobody else's changes come between what is read here and what is written.
    const { rowCount } = await client.query(
      `UPDATE positions SET seq = $3, hash = $4, time = $5, kafka_offset = $6 WHERE shard = $1 AND seq = $2`,
      [shard, after, position.seq, position.hash, events.at(-1)?.envelope.time, kafkaOffset],
    );
    if (rowCount !== 1)
      throw new PositionMovedError(`the position of shard ${shard} is no longer at event ${after}`);
    await writeChanges(client, shard, foldBatch(shard, events, await readKnown(client, shard, events)));
    await client.query('COMMIT');
  });
}

/** Where a shard's feed goes on; makes the position of a shard that has none. */
export async function openPosition(
  pool: pg.Pool,
  shard: number,
): Promise<JournalPosition & { readonly kafkaOffset: number }> {
  const { seq, hash } = JOURNAL_START;
  await pool.query(
    'INSERT INTO positions (shard, seq, hash, kafka_offset) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING',
    [shard, seq, hash],
  );
  const { rows } = await pool.query<{ seq: string; hash: string; kafka_offset: string }>(
    'SELECT seq, hash, kafka_offset FROM positions WHERE shard = $1',
    [shard],
  );
  const [row] = rows;
  if (row === undefined) throw new PositionMovedError(`the position of shard ${shard} was just removed`);
  return { seq: Number(row.seq), hash: row.hash, kafkaOffset: Number(row.kafka_offset) };
}

/** @throws PositionMovedError if a shard's feed is no longer at an event. */
export async function checkPosition(pool: pg.Pool, shard: number, seq: number): Promise<void> {
  const { rowCount } = await pool.query({
    name: 'search-check-position',
    text: 'SELECT FROM positions WHERE shard = $1 AND seq = $2',
    values: [shard, seq],
  });
  if (rowCount !== 1)
    throw new PositionMovedError(`the position of shard ${shard} is no longer at event ${seq}`);
}
