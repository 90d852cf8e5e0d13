import type { Envelope } from '../journal/envelope.js';
import { hashOf } from '../journal/hash.js';
import { ANY_HASH, envelopeOf, JOURNAL_START, type JournalPosition } from '../journal/journal-cursor.js';
import type { PartitionReader } from '../kafka/partition-reader.js';
import type { Position } from './journal-event.js';

/**
 * Where a group starts in a shard of which it has processed nothing yet: with the first event; with the first that was
 * booked at or after a time; with a sequence, of each shard or of all.
 */
export type StartAt =
  | 'beginning'
  | { readonly time: Date }
  | { readonly sequence: number | Readonly<Record<number, number>> };

const PROBE_BYTES = 64 * 1024;

/** The position before the first event that is wanted. Looks it up by halving: times and sequences only go up. */
export async function startPosition(
  reader: PartitionReader,
  shard: number,
  from: StartAt,
): Promise<Position> {
  const { first, end } = await reader.bounds();
  if (from === 'beginning') return { ...JOURNAL_START, offset: first };
  if ('sequence' in from) {
    const { sequence } = from;
    const wanted = typeof sequence === 'number' ? sequence : (sequence[shard] ?? 1);
    if (wanted <= 1) return { ...JOURNAL_START, offset: first };
    const offset = await halve(reader, first, end, (event) => Number(event.sequence) >= wanted);
    return { seq: wanted - 1, hash: ANY_HASH, offset };
  }
  const time = from.time.toISOString();
  const offset = await halve(reader, first, end, (event) => event.time >= time);
  const before = await lastBefore(reader, first, offset);
  return before === undefined ? { ...JOURNAL_START, offset } : { ...before, offset };
}

/** The offset from which on every event is wanted; `end` if none is. */
async function halve(
  reader: PartitionReader,
  first: number,
  end: number,
  wanted: (event: Envelope) => boolean,
): Promise<number> {
  let [low, high] = [first, end];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const record = await firstFrom(reader, middle, high);
    if (record === undefined || wanted(record.event)) high = middle;
    else low = record.offset + 1;
  }
  return low;
}

interface FoundEvent {
  readonly offset: number;
  readonly event: Envelope;
}

/** The first event at or after an offset and before another; what is no event is not looked at. */
async function firstFrom(
  reader: PartitionReader,
  from: number,
  before: number,
): Promise<FoundEvent | undefined> {
  for (let offset = from; offset < before; ) {
    const { records, next } = await reader.read(offset, 100, PROBE_BYTES);
    for (const record of records) {
      if (record.offset >= before) return undefined;
      const event = envelopeOf(record.value);
      if (event !== undefined) return { offset: record.offset, event };
    }
    offset = next;
  }
  return undefined;
}

/** The event before the one wanted, so that the first event handed on is known to follow it. */
async function lastBefore(
  reader: PartitionReader,
  first: number,
  offset: number,
): Promise<JournalPosition | undefined> {
  for (let step = 10; ; step *= 10) {
    const from = Math.max(first, offset - step);
    let last: JournalPosition | undefined;
    for (let at = from; at < offset; ) {
      const { records, next } = await reader.read(at, 100, PROBE_BYTES);
      for (const { offset: found, value } of records) {
        const event = found < offset ? envelopeOf(value) : undefined;
        if (event !== undefined) last = { seq: Number(event.sequence), hash: hashOf(value) };
      }
      at = next;
    }
    if (last !== undefined) return last;
    if (from === first) return undefined;
  }
}
