import { closeSync, openSync, readSync } from 'node:fs';
import type { Divergence } from '../divergence.js';
import {
  AMOUNT,
  BACK,
  BYTES,
  byPartition,
  CLAIM,
  CREDIT,
  DEBIT,
  FIRST,
  FLAGS,
  GIVEN_UP,
  LEG,
  LONG,
  type Marks,
  MOVED,
  marksIn,
  PARTITIONS,
  SEQ,
  SHARD_SHIFT,
  WORDS,
} from './mark.js';
import type { WrittenMarks } from './mark-writer.js';

/** What the marks tell of each shard's own journal, the first of each, and of keys that two shards hold. */
export interface MarkFaults {
  readonly shards: ReadonlyMap<number, Divergence>;
  readonly between: Divergence | undefined;
}

/**
 * Finds ids that stand where they may stand once only (a transfer's first step in a shard, a key's claim in the cluster),
 * and reversals of what was never moved, or of more. Takes one partition of the ids at a time.
 */
export function checkMarks(written: readonly WrittenMarks[]): MarkFaults {
  const faults = new Faults();
  const files = written.map(({ file }) => (file === undefined ? undefined : openSync(file, 'r')));
  try {
    const inMemory = written.map(({ memory }) => memory.map(({ buffer, count }) => marksIn(buffer, count)));
    if (files.every((fd) => fd === undefined)) {
      new Partition(inMemory.flat(), faults).check();
      return faults;
    }
    const sorted = inMemory.map(byPartition);
    for (let p = 0; p < PARTITIONS; p += 1) {
      const marks = written.flatMap(({ flushes }, shard) => [
        ...flushes.map((starts) => readMarks(files[shard], starts[p] ?? 0, starts[p + 1] ?? 0)),
        ...sorted.slice(shard, shard + 1).map(({ buffer, starts }) => {
          const [from = 0, to = 0] = [starts[p], starts[p + 1]];
          return marksIn(buffer, to - from, from);
        }),
      ]);
      new Partition(marks, faults).check();
    }
  } finally {
    for (const fd of files) if (fd !== undefined) closeSync(fd);
  }
  return faults;
}

function readMarks(fd: number | undefined, from: number, to: number): Marks {
  const buffer = new ArrayBuffer((to - from) * BYTES);
  const bytes = new Uint8Array(buffer);
  for (let done = 0; fd !== undefined && done < bytes.length; ) {
    const read = readSync(fd, bytes, done, bytes.length - done, from * BYTES + done);
    if (read === 0) throw new Error('a temporary file of the audit was cut short: start again');
    done += read;
  }
  return marksIn(buffer);
}

/** Keeps the first of each shard, in the order of its journal. */
class Faults implements MarkFaults {
  readonly shards = new Map<number, Divergence>();
  between: Divergence | undefined;

  add(divergence: Divergence & { readonly seq: number }): void {
    const known = this.shards.get(divergence.shard)?.seq ?? Number.POSITIVE_INFINITY;
    if (divergence.seq < known) this.shards.set(divergence.shard, divergence);
  }
}

interface Mark {
  readonly id: string;
  readonly shard: number;
  readonly seq: number;
  readonly leg: number;
  readonly debit: number;
  readonly credit: number;
  readonly amount: bigint;
  readonly flags: number;
  /** Where it stands. */
  readonly at: readonly [Marks, number];
}

type Wrong = readonly [what: string, expected: string, found: string];

/** The owner of a claim's slot in the table: no shard's number. */
const CLUSTER = 0xffff;

/**
 * Of the first word of an id, all but the first three digits, which are a bucket: a key has one home, and one that was claimed
 * in two buckets is claimed twice. The rest is the key's hash.
 */
const WITHOUT_BUCKET = new Uint32Array(Uint8Array.of(0, 0x0f, 0xff, 0xff).buffer)[0] ?? 0;

/** Marks of some ids, all of each. Two shards' steps of one transfer are kept apart, and claims from both. */
class Partition {
  /** Open addressing: twice the number of a mark, from 1 through all stretches, plus 1 for its claim; 0 is free. */
  private readonly table: Uint32Array;
  private readonly mask: number;
  private readonly starts: number[] = [];
  /** What is left of each moved leg that a reversal names. */
  private readonly left = new Map<string, bigint>();

  constructor(
    private readonly stretches: readonly Marks[],
    private readonly faults: Faults,
  ) {
    let total = 0;
    for (const { count } of stretches) {
      this.starts.push(total);
      total += count;
    }
    // Half full at most, with two places for a mark that is a step and a claim.
    this.table = new Uint32Array(2 ** Math.ceil(Math.log2(Math.max(16, total * 3))));
    this.mask = this.table.length - 1;
  }

  check(): void {
    const backs: [Marks, number][] = [];
    for (const [s, marks] of this.stretches.entries()) {
      for (let i = 0; i < marks.count; i += 1) {
        const flags = marks.words[i * WORDS + FLAGS] ?? 0;
        const shard = flags >>> SHARD_SHIFT;
        if ((flags & BACK) !== 0) backs.push([marks, i]);
        if ((flags & FIRST) !== 0) this.once(marks, i, s, shard, shard);
        // Of the legs after the first, only the mark of the first is in the table: they follow it.
        if ((flags & CLAIM) !== 0) this.once(marks, i, s, CLUSTER, shard);
      }
    }
    backs.sort(([a, i], [b, j]) => markAt(a, i).seq - markAt(b, j).seq);
    for (const [marks, i] of backs) this.moveBack(markAt(marks, i));
  }

  /** Enters a mark; names it where its place is taken. */
  private once(marks: Marks, i: number, stretch: number, owner: number, shard: number): void {
    const at = this.find(marks, i, owner);
    const taken = this.table[at] ?? 0;
    if (taken === 0) {
      this.table[at] = ((this.starts[stretch] ?? 0) + i + 1) * 2 + (owner === CLUSTER ? 1 : 0);
      return;
    }
    const [before, after] = [this.markOf((taken >>> 1) - 1), markAt(marks, i)];
    if (owner === CLUSTER) this.claimedTwice(before, after);
    else {
      this.faults.add({
        shard,
        seq: after.seq,
        transfer: `tr_${after.id}`,
        what: 'step',
        expected: 'one first step of a transfer',
        found: `another at sequence ${before.seq}`,
      });
    }
  }

  private claimedTwice(before: Mark, after: Mark): void {
    const what = `key key_${after.id}`;
    const other = before.id === after.id ? '' : `, as key_${before.id},`;
    const found = `one at sequence ${before.seq} of shard ${before.shard}${other} and another`;
    const fault = { shard: after.shard, seq: after.seq, what, expected: 'one claim', found };
    if (before.shard === after.shard) this.faults.add(fault);
    else this.faults.between ??= fault;
  }

  /** Where the id of a mark stands in the table, or would. */
  private find(marks: Marks, i: number, owner: number): number {
    const { words } = marks;
    const from = i * WORDS;
    let at = hashOf(words[from + 1] ?? 0, words[from + 2] ?? 0, owner) & this.mask;
    for (;;) {
      const taken = this.table[at] ?? 0;
      if (taken === 0 || this.isSame(taken, words, from, owner)) return at;
      at = (at + 1) & this.mask;
    }
  }

  private isSame(taken: number, words: Uint32Array, from: number, owner: number): boolean {
    const claims = (taken & 1) === 1;
    if (claims !== (owner === CLUSTER)) return false;
    const [marks, i] = this.stretchOf((taken >>> 1) - 1);
    const other = i * WORDS;
    return (
      (claims
        ? (((marks.words[other] ?? 0) ^ (words[from] ?? 0)) & WITHOUT_BUCKET) === 0
        : (marks.words[other + FLAGS] ?? 0) >>> SHARD_SHIFT === owner &&
          marks.words[other] === words[from]) &&
      marks.words[other + 1] === words[from + 1] &&
      marks.words[other + 2] === words[from + 2] &&
      marks.words[other + 3] === words[from + 3]
    );
  }

  private stretchOf(number: number): [Marks, number] {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.starts[middle] ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    return [this.stretches[low] ?? marksIn(new ArrayBuffer(0)), number - (this.starts[low] ?? 0)];
  }

  private markOf(number: number): Mark {
    return markAt(...this.stretchOf(number));
  }

  private moveBack(part: Mark): void {
    const wrong = this.wrongOf(part);
    if (wrong === undefined) return;
    const [what, expected, found] = wrong;
    const { id, shard, seq } = part;
    this.faults.add({ shard, seq, transfer: `tr_${id}`, what, expected, found });
  }

  /** Never more than was moved, leg by leg, and the way it came. */
  private wrongOf({ id, shard, seq, leg, debit, credit, amount, flags, at }: Mark): Wrong | undefined {
    const first = this.table[this.find(...at, shard)] ?? 0;
    const moved = first === 0 ? undefined : this.legOf((first >>> 1) - 1, leg);
    if (moved === undefined || moved.seq >= seq)
      return ['reversal', `of leg ${leg} of a transfer posted before`, 'none'];
    if (moved.debit !== credit || moved.credit !== debit)
      return ['leg of a reversal', `leg ${leg} back`, 'another debit or credit'];
    const name = `${id} ${shard} ${leg}`;
    const before = this.left.get(name) ?? moved.amount;
    const left = (flags & GIVEN_UP) === 0 ? before - amount : before + amount;
    if (left < 0n) return ['reversal', `at most ${left + amount}`, amount.toString()];
    this.left.set(name, left);
    return undefined;
  }

  /** A transfer's legs are marked one after the other, also where one stretch ends and the next begins. */
  private legOf(first: number, leg: number): Mark | undefined {
    const of = this.markOf(first);
    for (let n = first; ; n += 1) {
      const [marks, i] = this.stretchOf(n);
      if (i >= marks.count) return undefined;
      const found = markAt(marks, i);
      if (found.id !== of.id || found.seq !== of.seq) return undefined;
      if (found.leg === leg) return (found.flags & MOVED) === 0 ? undefined : found;
    }
  }
}

function hashOf(a: number, b: number, owner: number): number {
  let h = Math.imul(a ^ (owner + 1), 0x9e3779b1) ^ b;
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return (h ^ (h >>> 13)) >>> 0;
}

function markAt(marks: Marks, i: number): Mark {
  const { words, doubles, bytes } = marks;
  const at = i * WORDS;
  const flags = words[at + FLAGS] ?? 0;
  const amountAt = (at / 2 + AMOUNT) * 8;
  const amount =
    (flags & LONG) === 0
      ? BigInt(doubles[at / 2 + AMOUNT] ?? 0)
      : (bytes.readBigUInt64LE(amountAt + 8) << 64n) | bytes.readBigUInt64LE(amountAt);
  return {
    id: bytes.toString('hex', at * 4, at * 4 + 16),
    shard: flags >>> SHARD_SHIFT,
    seq: doubles[at / 2 + SEQ] ?? 0,
    leg: words[at + LEG] ?? 0,
    debit: words[at + DEBIT] ?? 0,
    credit: words[at + CREDIT] ?? 0,
    amount,
    flags,
    at: [marks, i],
  };
}
