import type { EventLines } from '../event-lines.js';
import { textsOf } from '../event-lines.js';
import type { JournalEvent } from '../journal-event.js';
import { archiveSource } from './archive-source.js';
import { type Manifest, readManifest } from './manifest.js';

/** What an event is, for a person; undefined where the archive has ended. */
export interface EventSummary {
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly hash: string;
}

export interface ShardDiff {
  readonly shard: number;
  /** How many events each archive has. */
  readonly events: readonly [number, number];
  readonly relation: 'same' | 'a_begins_b' | 'b_begins_a' | 'forked';
  /** The first event in which they differ. */
  readonly seq?: number;
  readonly a?: EventSummary;
  readonly b?: EventSummary;
}

export interface ArchiveDiff {
  readonly clusters: readonly [string, string];
  /** Of all shards: what holds for each that differs; `forked` where those disagree. */
  readonly relation: ShardDiff['relation'];
  readonly shards: readonly ShardDiff[];
}

const DIGITS = 64;

/**
 * Compares two archives shard by shard: the first event that differs, or which of the two is the beginning of the other.
 * Throws DivergenceError where a folder is not what its manifest says.
 */
export async function diffArchives(
  a: string,
  b: string,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<ArchiveDiff> {
  const manifests = [await readManifest(a), await readManifest(b)] as const;
  const [left, right] = manifests;
  const count = Math.max(left.shards.length, right.shards.length);
  const total = Array.from({ length: count }, (_, shard) =>
    Math.min(eventsOf(left, shard), eventsOf(right, shard)),
  );
  const all = total.reduce((sum, events) => sum + events, 0);
  const shards: ShardDiff[] = [];
  let before = 0;
  for (let shard = 0; shard < count; shard += 1) {
    const cursors = [
      new Cursor(archiveSource(a, left), shard),
      new Cursor(archiveSource(b, right), shard),
    ] as const;
    shards.push(await diffShard(shard, cursors, manifests, (done) => onProgress(before + done, all)));
    before += total[shard] ?? 0;
  }
  const relations = new Set(shards.map(({ relation }) => relation).filter((relation) => relation !== 'same'));
  const [only = 'same'] = relations;
  return { clusters: [left.cluster, right.cluster], relation: relations.size > 1 ? 'forked' : only, shards };
}

async function diffShard(
  shard: number,
  [a, b]: readonly [Cursor, Cursor],
  [left, right]: readonly [Manifest, Manifest],
  progress: (done: number) => void,
): Promise<ShardDiff> {
  const events = [eventsOf(left, shard), eventsOf(right, shard)] as const;
  let seq = 0;
  try {
    for (;;) {
      await Promise.all([a.fill(), b.fill()]);
      if (a.left === 0 && b.left === 0) return { shard, events, relation: 'same' };
      if (a.left === 0 || b.left === 0) {
        const relation = a.left === 0 ? 'a_begins_b' : 'b_begins_a';
        return {
          shard,
          events,
          relation,
          seq: seq + 1,
          ...named('a', a.summary()),
          ...named('b', b.summary()),
        };
      }
      const run = Math.min(a.left, b.left);
      const same = a.sameAs(b, run);
      seq += same;
      a.skip(same);
      b.skip(same);
      progress(seq);
      if (same < run)
        return {
          shard,
          events,
          relation: 'forked',
          seq: seq + 1,
          ...named('a', a.summary()),
          ...named('b', b.summary()),
        };
    }
  } finally {
    await Promise.all([a.close(), b.close()]);
  }
}

const named = (name: 'a' | 'b', summary: EventSummary | undefined) =>
  summary === undefined ? {} : { [name]: summary };

const eventsOf = (manifest: Manifest, shard: number): number => manifest.shards[shard]?.events ?? 0;

/** A place in one shard's events. Events with one hash are one event: comparing hashes compares texts. */
class Cursor {
  private readonly pieces: AsyncIterator<EventLines>;
  private piece: EventLines | undefined;
  private at = 0;

  constructor(source: ReturnType<typeof archiveSource>, shard: number) {
    this.pieces = source.readLines(shard)[Symbol.asyncIterator]();
  }

  get left(): number {
    return this.piece === undefined ? 0 : this.piece.bounds.length / 2 - this.at;
  }

  async fill(): Promise<void> {
    while (this.left === 0) {
      const next = await this.pieces.next();
      if (next.done === true) return;
      this.piece = next.value;
      this.at = 0;
    }
  }

  skip(count: number): void {
    this.at += count;
  }

  /** How many of the next so many are the same. */
  sameAs(other: Cursor, count: number): number {
    const [mine, theirs] = [this.digits(count), other.digits(count)];
    if (Buffer.compare(mine, theirs) === 0) return count;
    const first = mine.findIndex((byte, i) => byte !== theirs[i]);
    return Math.floor(first / DIGITS);
  }

  summary(): EventSummary | undefined {
    if (this.piece === undefined || this.left === 0) return undefined;
    const { texts, hashes } = textsOf(this.piece);
    const [text = '', hash = ''] = [texts[this.at], hashes[this.at]];
    try {
      const { type, time, subject } = JSON.parse(text) as JournalEvent;
      return { type, time, subject, hash };
    } catch {
      return { type: 'no JSON', time: '', subject: text.slice(0, 80), hash };
    }
  }

  async close(): Promise<void> {
    await this.pieces.return?.();
  }

  private digits(count: number): Uint8Array {
    return this.piece?.hashes.subarray(this.at * DIGITS, (this.at + count) * DIGITS) ?? new Uint8Array(0);
  }
}
