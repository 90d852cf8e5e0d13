import { JournalCursor, JournalFaultError } from '../journal/journal-cursor.js';
import type { KafkaOptions } from '../kafka/client.js';
import { journalTopic } from '../kafka/journal-topic.js';
import { type JournalRecord, PartitionReader } from '../kafka/partition-reader.js';
import { reasonOf } from './errors.js';
import { type Item, type PoisonRecord, type Position, toJournalEvent } from './journal-event.js';
import { type StartAt, startPosition } from './start-position.js';

/** What came next in the journal: an event, or a record that this release can not read. */
export type Next = Item | { readonly poison: PoisonRecord; readonly position: Position };

export interface ShardReaderOptions {
  readonly kafkaOptions: KafkaOptions;
  readonly cluster: string;
  readonly shard: number;
  /** Where to go on; without one, where to start. */
  readonly position: Position | undefined;
  readonly from: StartAt;
}

/** Reads a shard's journal from a position on, committed events only: each once, in order, a gap is an error. */
export class ShardReader {
  private readonly notBefore: string | undefined;
  private offset: number;
  /** Whether what is read is known to go on from the position: the offset is a hint. */
  private sure: boolean;

  private constructor(
    private readonly reader: PartitionReader,
    private readonly shard: number,
    private readonly cursor: JournalCursor,
    private readonly first: number,
    { position, offset, from }: Pick<ShardReaderOptions, 'position' | 'from'> & { readonly offset: number },
  ) {
    this.offset = offset;
    this.sure = offset === first;
    const timed = position === undefined && typeof from === 'object' && 'time' in from;
    this.notBefore = timed ? from.time.toISOString() : undefined;
  }

  static async open(options: ShardReaderOptions): Promise<ShardReader> {
    const { kafkaOptions, cluster, shard, from } = options;
    const reader = await PartitionReader.open(kafkaOptions, journalTopic(cluster), shard);
    try {
      const { first, end } = await reader.bounds();
      const position = options.position ?? (await startPosition(reader, shard, from));
      const offset = position.offset >= first && position.offset <= end ? position.offset : first;
      const cursor = new JournalCursor(cluster, shard, position);
      return new ShardReader(reader, shard, cursor, first, { position: options.position, offset, from });
    } catch (error) {
      await reader.close();
      throw error;
    }
  }

  /** Where the reading is; before anything was read, where it began. */
  get position(): Position {
    return { ...this.cursor.at, offset: this.offset };
  }

  /**
   * What is new, at most a few megabytes of it; empty if nothing came within the wait.
   * @yields up to the first fault, which is thrown: JournalGapError, JournalFaultError
   */
  async *read(maxWaitMs: number): AsyncGenerator<Next> {
    const { records, next } = await this.reader.read(this.offset, maxWaitMs);
    if (!this.sure && records[0] !== undefined) {
      this.sure = true;
      if (!this.continues(records[0])) {
        // A log that lost its end was published again, and what follows is elsewhere now.
        this.offset = this.first;
        return;
      }
    }
    for (const record of records) {
      const found = this.take(record);
      // Before it is handed on: whoever stops here goes on behind it.
      this.offset = record.offset + 1;
      if (found !== undefined) yield found;
    }
    this.offset = next;
  }

  async close(): Promise<void> {
    await this.reader.close();
  }

  private continues({ value }: JournalRecord): boolean {
    try {
      return this.cursor.continues(value);
    } catch {
      return true;
    }
  }

  private take({ offset, value }: JournalRecord): Next | undefined {
    const positionAfter = (): Position => ({ ...this.cursor.at, offset: offset + 1 });
    try {
      const decoded = this.cursor.next(value);
      if (decoded === undefined) return undefined;
      const event = toJournalEvent(decoded, value);
      if (this.notBefore !== undefined && event.time < this.notBefore) return undefined;
      return { event, position: positionAfter() };
    } catch (error) {
      if (error instanceof JournalFaultError) throw error;
      return this.passed(offset, value, reasonOf(error), positionAfter);
    }
  }

  /** What is an event of this shard, though one that can not be read, keeps its place in the sequence. */
  private passed(
    offset: number,
    text: string,
    reason: string,
    positionAfter: () => Position,
  ): Next | undefined {
    const { shard } = this;
    let seq: number | undefined;
    try {
      if (!this.cursor.pass(text)) return undefined;
      seq = this.cursor.at.seq;
    } catch (error) {
      if (error instanceof JournalFaultError) throw error;
    }
    return { poison: { shard, seq, offset, reason, text }, position: positionAfter() };
  }
}
