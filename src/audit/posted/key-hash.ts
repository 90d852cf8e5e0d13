import { hash } from 'node:crypto';
import type { IdBits, Name } from './account-index.js';
import type { Bytes } from './bytes.js';

/** Where a text stands. */
export interface Place {
  at: number;
  length: number;
}

const PREFIX = Buffer.from('saldo/key/v1\n');
const LINE_BREAK = 0x0a;
const ROOM = 1_024;

/** Whether claims have the ids of their own keys, as `claimWrong` says, where nothing of them is written otherwise in JSON. */
export class KeyHash {
  private readonly text = Buffer.alloc(ROOM);

  constructor() {
    PREFIX.copy(this.text);
  }

  /** An id is of a key but for its first three digits, which are a bucket. What is too long is not told: false. */
  isOf(id: IdBits, { bytes: tenant }: Name, bytes: Bytes, namespace: Place, key: Place): boolean {
    const { text } = this;
    const length = PREFIX.length + tenant.bytes.length + 1 + namespace.length + 1 + key.length;
    if (length > ROOM) return false;
    let to = this.put(tenant, 0, tenant.bytes.length, PREFIX.length);
    text[to] = LINE_BREAK;
    to = this.put(bytes, namespace.at, namespace.length, to + 1);
    text[to] = LINE_BREAK;
    this.put(bytes, key.at, key.length, to + 1);
    // As a text of a character a byte, which costs a third of a Buffer.
    const digest = hash('sha256', text.subarray(0, length), 'binary');
    if ((digest.charCodeAt(1) & 0x0f) !== ((id.bytes[1] ?? 0) & 0x0f)) return false;
    for (let i = 2; i < id.bytes.length; i += 1) if (digest.charCodeAt(i) !== id.bytes[i]) return false;
    return true;
  }

  private put({ bytes }: Bytes, from: number, length: number, to: number): number {
    for (let i = 0; i < length; i += 1) this.text[to + i] = bytes[from + i] ?? 0;
    return to + length;
  }
}
