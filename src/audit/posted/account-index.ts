import type { AuditedAccount } from '../shard-books.js';
import { Bytes } from './bytes.js';

/** A name that many accounts share, and its bytes in a journal. */
export interface Name {
  readonly text: string;
  readonly bytes: Bytes;
}

/** An account whose transfers are read as bytes. */
export interface IndexedAccount {
  readonly account: AuditedAccount;
  readonly tenant: Name;
  readonly asset: Name;
  /** The last 32 bits of its id. */
  readonly tail: number;
}

/** The 128 bits of an id, as bytes and as words. */
export class IdBits {
  readonly bytes = new Uint8Array(16);
  readonly words = new Uint32Array(this.bytes.buffer);
}

const WORDS = 4;
const ROOM = 1_024;

/** Accounts by the bits of their ids: open addressing, half full at most. */
export class AccountIndex {
  private readonly accounts: IndexedAccount[] = [];
  private ids = new Uint32Array(ROOM * WORDS);
  /** Number of an account, from 1; 0 is free. */
  private slots = new Uint32Array(2 * ROOM);
  private readonly names = new Map<string, Name>();

  /** Ids are hashes: their bits need no more mixing, but for the first three digits, which are a bucket. */
  find({ words }: IdBits): IndexedAccount | undefined {
    const { ids, slots } = this;
    const mask = slots.length - 1;
    for (let at = (words[3] ?? 0) & mask; ; at = (at + 1) & mask) {
      const number = slots[at] ?? 0;
      if (number === 0) return undefined;
      const i = (number - 1) * WORDS;
      if (
        ids[i + 3] === words[3] &&
        ids[i + 2] === words[2] &&
        ids[i + 1] === words[1] &&
        ids[i] === words[0]
      )
        return this.accounts[number - 1];
    }
  }

  /** An id that is not of 32 lower-case hexadecimal digits is never found: it is read as a text. */
  add(id: string, account: AuditedAccount): void {
    if (!/^acc_[0-9a-f]{32}$/.test(id)) return;
    if (this.accounts.length * 2 >= this.slots.length) this.grow();
    const bits = new IdBits();
    bits.bytes.set(Buffer.from(id.slice(4), 'hex'));
    const tail = Number.parseInt(id.slice(-8), 16);
    this.ids.set(bits.words, this.accounts.length * WORDS);
    this.accounts.push({ account, tenant: this.name(account.tenant), asset: this.name(account.asset), tail });
    this.enter(this.accounts.length, bits.words[3] ?? 0);
  }

  private enter(number: number, from: number): void {
    const mask = this.slots.length - 1;
    let at = from & mask;
    while (this.slots[at] !== 0) at = (at + 1) & mask;
    this.slots[at] = number;
  }

  private grow(): void {
    const ids = new Uint32Array(this.ids.length * 2);
    ids.set(this.ids);
    this.ids = ids;
    this.slots = new Uint32Array(this.slots.length * 2);
    for (let i = 0; i < this.accounts.length; i += 1) this.enter(i + 1, ids[i * WORDS + 3] ?? 0);
  }

  private name(text: string): Name {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    const name = { text, bytes: Bytes.of(text) };
    this.names.set(text, name);
    return name;
  }
}
