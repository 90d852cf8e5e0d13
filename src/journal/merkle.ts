import { hash } from 'node:crypto';

/**
 * RFC 6962's Merkle tree (section 2.1) over a stretch of events, grown leaf by leaf: a leaf is an event's hash. Keeps the
 * roots of the complete subtrees only, so that it is as small for ten thousand leaves as for ten.
 */
export class MerkleTree {
  /** Complete subtrees, largest first; the sizes are the bits of `size`. */
  private readonly subtrees: Buffer[] = [];
  private count = 0;

  get size(): number {
    return this.count;
  }

  append(eventHash: Uint8Array): void {
    let node = digest(LEAF, eventHash);
    for (let bit = this.count; (bit & 1) === 1; bit >>>= 1) {
      node = digest(NODE, this.subtrees.pop() ?? EMPTY, node);
    }
    this.subtrees.push(node);
    this.count += 1;
  }

  /** Lower-case hex. */
  root(): string {
    let node = this.subtrees.at(-1);
    for (let i = this.subtrees.length - 2; i >= 0; i -= 1) {
      node = digest(NODE, this.subtrees[i] ?? EMPTY, node ?? EMPTY);
    }
    return (node ?? digest(EMPTY)).toString('hex');
  }
}

const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);
const EMPTY = Buffer.alloc(0);

const digest = (...parts: readonly Uint8Array[]): Buffer => hash('sha256', Buffer.concat(parts), 'buffer');
