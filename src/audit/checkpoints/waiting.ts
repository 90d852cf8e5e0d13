import type { Change, Totals } from './totals.js';

const DIGITS = 64;
const ROOM = 4_096;
/** Where an event's changes are among `others`. */
const OTHER = -1;

/**
 * Events that no checkpoint covers yet, in order: their hashes, and what they change. Many wait where nobody signs, so
 * each takes 76 bytes, and an object only where it is no plain posted transfer.
 */
export class Waiting {
  count = 0;
  private digits = Buffer.alloc(ROOM * DIGITS);
  private words = viewOf(this.digits);
  private amounts = new Float64Array(ROOM);
  /** Index of the asset in `names`, or OTHER. */
  private assets = new Int32Array(ROOM);
  private readonly names: string[] = [];
  private others: (readonly Change[])[] = [];

  add(hash: string, changes: readonly Change[]): void {
    this.grow();
    this.digits.write(hash, this.count * DIGITS, 'latin1');
    this.assets[this.count] = OTHER;
    this.others.push(changes);
    this.count += 1;
  }

  /** A transfer of so much, from one account to another. The hash: 64 hexadecimal digits at `at`. */
  addPosted(asset: string, amount: number, hashes: DataView, at: number): void {
    this.grow();
    const { words, count } = this;
    const to = count * DIGITS;
    for (let i = 0; i < DIGITS; i += 4) words.setInt32(to + i, hashes.getInt32(at + i));
    this.assets[count] = this.nameOf(asset);
    this.amounts[count] = amount;
    this.count += 1;
  }

  /** Of the first ones, lower-case hex. */
  hashes(count: number): string[] {
    const text = this.digits.toString('latin1', 0, Math.min(count, this.count) * DIGITS);
    return Array.from({ length: text.length / DIGITS }, (_, i) => text.slice(i * DIGITS, (i + 1) * DIGITS));
  }

  /** The first ones wait no longer: what they change goes to the totals. */
  pass(count: number, totals: Totals): void {
    const passed = Math.min(count, this.count);
    let other = 0;
    for (let i = 0; i < passed; i += 1) {
      const name = this.assets[i] ?? OTHER;
      if (name === OTHER) {
        for (const change of this.others[other] ?? []) totals.add(change);
        other += 1;
        continue;
      }
      const [asset, by] = [this.names[name] ?? '', this.amounts[i] ?? 0];
      totals.add({ asset, counter: 0, by });
      totals.add({ asset, counter: 1, by });
    }
    this.others = this.others.slice(other);
    this.digits.copyWithin(0, passed * DIGITS, this.count * DIGITS);
    this.amounts.copyWithin(0, passed, this.count);
    this.assets.copyWithin(0, passed, this.count);
    this.count -= passed;
  }

  private nameOf(asset: string): number {
    const known = this.names.indexOf(asset);
    return known < 0 ? this.names.push(asset) - 1 : known;
  }

  private grow(): void {
    if (this.count < this.amounts.length) return;
    const room = this.amounts.length * 2;
    const digits = Buffer.alloc(room * DIGITS);
    digits.set(this.digits);
    this.digits = digits;
    this.words = viewOf(digits);
    const amounts = new Float64Array(room);
    amounts.set(this.amounts);
    this.amounts = amounts;
    const assets = new Int32Array(room);
    assets.set(this.assets);
    this.assets = assets;
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView => new DataView(buffer, byteOffset, length);
