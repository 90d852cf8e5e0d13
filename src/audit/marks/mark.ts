/**
 * What is kept of each event after it was read, so that whatever stands in two places of a long journal is found without
 * holding the journal in memory (docs/adr/0015): 56 bytes for an id, where it stood, and for a leg that may be moved
 * back what it moved.
 */
export const WORDS = 14;
export const BYTES = WORDS * 4;

/** What an id's mark says of it; several may hold. */
export const FIRST = 1;
export const CLAIM = 2;
/** A leg that was posted, and may be moved back. */
export const MOVED = 4;
/** A part that a reversal moves back; the id is the original's. */
export const BACK = 8;
/** With BACK: a part that is not moved back after all. */
export const GIVEN_UP = 32;
/** The amount is 128 bits instead of a double. */
export const LONG = 16;

/** Word by word: id 0–3, flags and shard 4, leg 5, sequence (a double) 6–7, debit 8, credit 9, amount 10–13. */
export const FLAGS = 4;
export const LEG = 5;
export const SEQ = 3;
export const DEBIT = 8;
export const CREDIT = 9;
export const AMOUNT = 5;
export const SHARD_SHIFT = 16;

/** Marks of one stretch of memory, under each of its types. */
export interface Marks {
  readonly count: number;
  readonly words: Uint32Array;
  readonly doubles: Float64Array;
  readonly bytes: Buffer;
}

export function marksIn(buffer: ArrayBuffer, count = buffer.byteLength / BYTES, from = 0): Marks {
  const at = from * BYTES;
  return {
    count,
    words: new Uint32Array(buffer, at, count * WORDS),
    doubles: new Float64Array(buffer, at, (count * WORDS) / 2),
    bytes: Buffer.from(buffer, at, count * BYTES),
  };
}

export const PARTITIONS = 256;
/** Of an id's random part: the first three digits of its 32 are a bucket, which many share. */
const partitionOf = ({ words }: Marks, index: number): number =>
  (words[index * WORDS + 1] ?? 0) & (PARTITIONS - 1);

export interface SortedMarks {
  readonly buffer: ArrayBuffer;
  /** By partition, at which mark it begins; one more for the end. */
  readonly starts: Uint32Array;
}

/** Marks by partition, each in the order they came. */
export function byPartition(stretches: readonly Marks[]): SortedMarks {
  const starts = new Uint32Array(PARTITIONS + 1);
  for (const marks of stretches) {
    for (let i = 0; i < marks.count; i += 1) {
      const next = partitionOf(marks, i) + 1;
      starts[next] = (starts[next] ?? 0) + 1;
    }
  }
  for (let p = 0; p < PARTITIONS; p += 1) starts[p + 1] = (starts[p + 1] ?? 0) + (starts[p] ?? 0);
  const sorted = new Uint32Array((starts[PARTITIONS] ?? 0) * WORDS);
  const next = starts.slice();
  for (const marks of stretches) {
    for (let i = 0; i < marks.count; i += 1) {
      const p = partitionOf(marks, i);
      const to = next[p] ?? 0;
      next[p] = to + 1;
      sorted.set(marks.words.subarray(i * WORDS, (i + 1) * WORDS), to * WORDS);
    }
  }
  return { buffer: sorted.buffer, starts };
}
