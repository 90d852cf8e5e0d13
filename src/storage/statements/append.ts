import type { Queryable } from '../queryable.js';
import type { Head } from './read-head.js';

/**
 * Every row of one batch, column by column and ready to send: array literals and joined texts, nothing that can fail
 * to serialise half-way. The order is that of saldo_append's parameters.
 */
export interface AppendParameters {
  readonly from: Head;
  readonly to: Head;
  /** The epoch this node was told; the shard must be at it. */
  readonly epoch: number;
  /** The writer version of the release that computed the batch. */
  readonly writer: number;
  readonly columns: readonly (string | null)[];
}

/** Number of column parameters behind the eight of the two heads. */
export const APPEND_COLUMNS = 30;

const TEXT = `SELECT saldo_append(${Array.from({ length: 8 + APPEND_COLUMNS }, (_, i) => `$${i + 1}`).join(',')})`;

/**
 * Commits a batch: one statement, one message, one transaction. Raises SA001–SA006 (see the migration) or any error of
 * Postgres's; after an error that Postgres itself reported nothing was written, after any other it is not known.
 */
export async function append(
  db: Queryable,
  { from, to, epoch, writer, columns }: AppendParameters,
): Promise<void> {
  await db.query({
    name: 'append',
    text: TEXT,
    values: [
      from.seq,
      `\\x${from.hash}`,
      epoch,
      writer,
      to.seq,
      `\\x${to.hash}`,
      new Date(to.timeMs).toISOString(),
      to.writerVersion,
      ...columns,
    ],
  });
}
