import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Count } from '../count.js';
import {
  AMOUNT,
  BYTES,
  byPartition,
  CREDIT,
  DEBIT,
  FLAGS,
  LEG,
  LONG,
  type Marks,
  marksIn,
  SEQ,
  SHARD_SHIFT,
  WORDS,
} from './mark.js';

/** A leg by its accounts, each as a number of 32 bits. */
export interface MarkedLeg {
  readonly index: number;
  readonly debit: number;
  readonly credit: number;
  readonly amount: Count;
}

/** Where a shard's marks are: in memory, or sorted by partition in a file. May be sent between threads. */
export interface WrittenMarks {
  readonly memory: readonly { readonly buffer: ArrayBuffer; readonly count: number }[];
  readonly file: string | undefined;
  /** Of each flush: by partition, at which mark of the file it begins; one more for the end. */
  readonly flushes: readonly Uint32Array[];
}

/** What another thread can take over. */
export const buffersOf = (written: readonly WrittenMarks[]): ArrayBuffer[] =>
  written.flatMap(({ memory }) => memory.map(({ buffer }) => buffer));

export interface MarkWriterOptions {
  readonly shard: number;
  /** Where what does not fit into memory goes. */
  readonly folder: string;
  /** How many marks fit. */
  readonly inMemory?: number;
}

const IN_MEMORY = 250_000;
const BLOCK = 16_384;

/** Keeps one shard's marks, in the order of its journal; what is too much goes to a file. */
export class MarkWriter {
  private blocks: ArrayBuffer[] = [];
  private block: Marks = marksIn(new ArrayBuffer(0));
  private used = 0;
  private fd: number | undefined;
  private written = 0;
  private readonly flushes: Uint32Array[] = [];

  constructor(private readonly options: MarkWriterOptions) {}

  /** `digits`: the 32 hexadecimal digits of an id. False where it has others. */
  add(digits: string, flags: number, seq: number, leg?: MarkedLeg): boolean {
    if (this.used === this.block.count) this.grow();
    const { bytes } = this.block;
    if (digits.length !== 32 || bytes.write(digits, this.used * BYTES, 16, 'hex') !== 16) return false;
    this.finish(flags, seq, leg);
    return true;
  }

  /** The same of an id that is known as four words of memory. */
  addWords(id: Uint32Array, flags: number, seq: number, leg?: MarkedLeg): void {
    if (this.used === this.block.count) this.grow();
    const { words } = this.block;
    for (let i = 0; i < id.length; i += 1) words[this.used * WORDS + i] = id[i] ?? 0;
    this.finish(flags, seq, leg);
  }

  private finish(flags: number, seq: number, leg?: MarkedLeg): void {
    const { words, doubles, bytes } = this.block;
    const at = this.used * WORDS;
    words[at + FLAGS] = flags | (this.options.shard << SHARD_SHIFT);
    doubles[at / 2 + SEQ] = seq;
    words[at + LEG] = leg?.index ?? 0;
    if (leg !== undefined) {
      words[at + DEBIT] = leg.debit;
      words[at + CREDIT] = leg.credit;
      const { amount } = leg;
      if (typeof amount === 'number') doubles[at / 2 + AMOUNT] = amount;
      else {
        words[at + FLAGS] = flags | LONG | (this.options.shard << SHARD_SHIFT);
        bytes.writeBigUInt64LE(amount & 0xffff_ffff_ffff_ffffn, (at / 2 + AMOUNT) * 8);
        bytes.writeBigUInt64LE(amount >> 64n, (at / 2 + AMOUNT + 1) * 8);
      }
    }
    this.used += 1;
  }

  /** Ends the writing. */
  end(): WrittenMarks {
    if (this.fd !== undefined) {
      this.flush();
      closeSync(this.fd);
    }
    const file = this.fd === undefined ? undefined : this.path;
    return { memory: this.stretches(), file, flushes: this.flushes };
  }

  private get path(): string {
    return join(this.options.folder, `marks-${this.options.shard}`);
  }

  private grow(): void {
    const { inMemory = IN_MEMORY } = this.options;
    if (this.blocks.length * BLOCK >= inMemory) this.flush();
    const buffer = new ArrayBuffer(BLOCK * BYTES);
    this.blocks.push(buffer);
    this.block = marksIn(buffer, BLOCK);
    this.used = 0;
  }

  private stretches(): { buffer: ArrayBuffer; count: number }[] {
    const last = this.blocks.length - 1;
    return this.blocks.map((buffer, i) => ({ buffer, count: i === last ? this.used : BLOCK }));
  }

  /** Appends what is in memory to the file, by partition. */
  private flush(): void {
    const { buffer, starts } = byPartition(this.stretches().map((one) => marksIn(one.buffer, one.count)));
    this.fd ??= openSync(this.path, 'wx');
    const bytes = new Uint8Array(buffer);
    for (let done = 0; done < bytes.length; ) done += writeSync(this.fd, bytes, done);
    this.flushes.push(starts.map((start) => start + this.written));
    this.written += starts.at(-1) ?? 0;
    this.blocks = [];
    this.block = marksIn(new ArrayBuffer(0));
    this.used = 0;
  }
}
