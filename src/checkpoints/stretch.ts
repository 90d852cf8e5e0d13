import type { AssetTotals } from '../domain/checkpoint.js';
import { MerkleTree } from '../journal/merkle.js';
import type { Queryable } from '../storage/queryable.js';
import { readEventHashes } from '../storage/statements/read-event-hashes.js';
import { readTotalsChange } from '../storage/statements/read-totals.js';

/** Events hashed by one statement: some milliseconds of the server, and of this node's loop. */
const CHUNK = 1_000;
const TOTALS_CHUNK = 10_000;
const HASH_BYTES = 32;

/** The events of a shard are not what its own chain says: nothing of it may be signed. */
export class BrokenChainError extends Error {
  override readonly name = 'BrokenChainError';
}

/** Hash of event `last` and Merkle root over `first` to `last`; `prev` is the hash of the event before. */
export async function digestOf(
  db: Queryable,
  first: number,
  last: number,
  prev: string,
): Promise<{ readonly hash: string; readonly root: string }> {
  const tree = new MerkleTree();
  let hash = prev;
  for (let from = first; from <= last; from += CHUNK) {
    const to = Math.min(from + CHUNK - 1, last);
    const { hashes, broken } = await readEventHashes(db, from, to, hash);
    if (broken !== undefined) {
      throw new BrokenChainError(`event ${broken} does not follow from the one before it: nothing is signed`);
    }
    if (hashes.length !== (to - from + 1) * HASH_BYTES) {
      throw new BrokenChainError(`an event of ${from} to ${to} is not there: nothing is signed`);
    }
    for (let at = 0; at < hashes.length; at += HASH_BYTES) tree.append(hashes.subarray(at, at + HASH_BYTES));
    hash = hashes.subarray(-HASH_BYTES).toString('hex');
  }
  return { hash, root: tree.root() };
}

/** Totals after event `last`, from those after event `covered`; undefined when the signal is aborted on the way. */
export async function totalsAt(
  db: Queryable,
  before: readonly AssetTotals[],
  covered: number,
  last: number,
  lost?: AbortSignal,
): Promise<AssetTotals[] | undefined> {
  const sums = new Map(
    before.map(({ asset, debits_posted, credits_posted, debits_pending, credits_pending }) => [
      asset,
      [BigInt(debits_posted), BigInt(credits_posted), BigInt(debits_pending), BigInt(credits_pending)],
    ]),
  );
  for (let after = covered; after < last; after += TOTALS_CHUNK) {
    if (lost?.aborted === true) return undefined;
    for (const change of await readTotalsChange(db, after, Math.min(after + TOTALS_CHUNK, last))) {
      const [dp = 0n, cp = 0n, dn = 0n, cn = 0n] = sums.get(change.asset) ?? [];
      sums.set(change.asset, [
        dp + change.debitsPosted,
        cp + change.creditsPosted,
        dn + change.debitsPending,
        cn + change.creditsPending,
      ]);
    }
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, [dp = 0n, cp = 0n, dn = 0n, cn = 0n]]) => ({
      asset,
      debits_posted: dp.toString(),
      credits_posted: cp.toString(),
      debits_pending: dn.toString(),
      credits_pending: cn.toString(),
    }));
}
