/** What is compared of an anchored checkpoint. Digests are lower-case hex. */
export interface AnchoredCheckpoint {
  /** Of the checkpoint's own event. */
  readonly sequence: number;
  /** Sequences of the first and of the last event it covers. */
  readonly first: number;
  readonly last: number;
  readonly hash: string;
  readonly root: string;
  /** SHA-256 of the checkpoint's canonical text and its signature. */
  readonly digest: string;
}

/** One shard's anchors from one place: checkpoints 1 to `count`, packed. May be sent between threads. */
export interface AnchorTable {
  readonly shard: number;
  /** What the place is called. */
  readonly place: string;
  readonly count: number;
  /** Three numbers an anchor: sequence, first, last. */
  readonly sequences: Float64Array;
  /** Three digests of 32 bytes an anchor: hash, root, digest. */
  readonly digests: Uint8Array;
}

const NUMBERS = 3;
const BYTES = 32;

export class AnchorPacker {
  count = 0;
  private sequences = new Float64Array(NUMBERS * 256);
  private digests = new Uint8Array(3 * BYTES * 256);

  add({ sequence, first, last, hash, root, digest }: AnchoredCheckpoint): void {
    const { count } = this;
    if (count * NUMBERS === this.sequences.length) this.grow();
    this.sequences.set([sequence, first, last], count * NUMBERS);
    this.digests.set(Buffer.from(hash + root + digest, 'hex'), count * 3 * BYTES);
    this.count += 1;
  }

  at(number: number): AnchoredCheckpoint | undefined {
    return anchorAt(this.table(0, ''), number);
  }

  table(shard: number, place: string): AnchorTable {
    const { count, sequences, digests } = this;
    return { shard, place, count, sequences, digests };
  }

  private grow(): void {
    const { sequences, digests } = this;
    this.sequences = new Float64Array(sequences.length * 2);
    this.sequences.set(sequences);
    this.digests = new Uint8Array(digests.length * 2);
    this.digests.set(digests);
  }
}

/** The anchor of the checkpoint of that number; undefined if there is none. */
export function anchorAt(
  { count, sequences, digests }: AnchorTable,
  number: number,
): AnchoredCheckpoint | undefined {
  if (number < 1 || number > count) return undefined;
  const [sequence = 0, first = 0, last = 0] = sequences.subarray((number - 1) * NUMBERS, number * NUMBERS);
  const at = (number - 1) * 3 * BYTES;
  const hex = Buffer.from(digests.subarray(at, at + 3 * BYTES)).toString('hex');
  const [hash, root, digest] = [0, 1, 2].map((i) => hex.slice(i * 2 * BYTES, (i + 1) * 2 * BYTES));
  return { sequence, first, last, hash: hash ?? '', root: root ?? '', digest: digest ?? '' };
}

/** Up to where a journal must go, if all that is anchored is in it; 0 without anchors. */
export const anchoredUpTo = (tables: readonly AnchorTable[]): number =>
  Math.max(0, ...tables.map((table) => anchorAt(table, table.count)?.sequence ?? 0));
