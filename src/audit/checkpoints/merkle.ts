import { hash } from 'node:crypto';

/**
 * The auditor's own RFC 6962 (section 2.1), level by level from below: two neighbours make a node, and one without a
 * neighbour goes up as it is. Hashes are lower-case hex; an entry of the tree is an event's hash.
 */
export function rootOf(hashes: readonly string[]): string {
  let level = hashes.map(leafOf);
  if (level.length === 0) return hash('sha256', '', 'hex');
  while (level.length > 1) level = above(level);
  return (level[0] ?? EMPTY).toString('hex');
}

/** What it takes, from below, to come from one entry to the root. */
export function pathOf(hashes: readonly string[], index: number): string[] {
  const path: string[] = [];
  let level = hashes.map(leafOf);
  for (let at = index; level.length > 1; at >>>= 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) path.push(sibling.toString('hex'));
    level = above(level);
  }
  return path;
}

/** The root that an entry, its place among `size` and its path lead to; undefined where they do not fit each other. */
export function rootFrom(
  eventHash: string,
  index: number,
  size: number,
  path: readonly string[],
): string | undefined {
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(size) || index < 0 || index >= size)
    return undefined;
  const siblings = path.values();
  let node = leafOf(eventHash);
  for (
    let [at, last] = [index, size - 1];
    last > 0;
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)]
  ) {
    // The last one of an odd number has no neighbour.
    if (at % 2 === 0 && at === last) continue;
    const sibling = siblings.next().value;
    if (sibling === undefined || !/^[0-9a-f]{64}$/.test(sibling)) return undefined;
    const other = Buffer.from(sibling, 'hex');
    node = at % 2 === 0 ? nodeOf(node, other) : nodeOf(other, node);
  }
  return siblings.next().done === true ? node.toString('hex') : undefined;
}

const EMPTY = Buffer.alloc(0);
const LEAF = Buffer.from([0]);
const NODE = Buffer.from([1]);

const leafOf = (eventHash: string): Buffer =>
  hash('sha256', Buffer.concat([LEAF, Buffer.from(eventHash, 'hex')]), 'buffer');
const nodeOf = (left: Buffer, right: Buffer): Buffer =>
  hash('sha256', Buffer.concat([NODE, left, right]), 'buffer');

function above(level: readonly Buffer[]): Buffer[] {
  const nodes: Buffer[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const [left, right] = [level[i] ?? EMPTY, level[i + 1]];
    nodes.push(right === undefined ? left : nodeOf(left, right));
  }
  return nodes;
}
