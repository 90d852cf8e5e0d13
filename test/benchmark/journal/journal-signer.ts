import { type AssetTotals, type CheckpointStatement, MOST_COVERED } from '../../../src/domain/checkpoint.js';
import type { AddSigningKey, SignCheckpoint } from '../../../src/domain/command.js';
import type { MemoryState } from '../../../src/domain/state.js';
import { MerkleTree } from '../../../src/journal/merkle.js';
import { checkpointHash, type Signer } from '../../../src/journal/signing-key.js';

/** Most events of one operation. */
const MOST_OF_ONE = 4;

/** Signs one shard's journal while it is made: a checkpoint as late as it may be, after 10,000 events. */
export class JournalSigner {
  private tree = new MerkleTree();
  private before: CheckpointStatement | undefined;

  constructor(
    private readonly signer: Signer,
    private readonly at: { readonly cluster: string; readonly shard: number },
  ) {}

  get due(): boolean {
    return this.tree.size + MOST_OF_ONE > MOST_COVERED;
  }

  saw(hash: string): void {
    this.tree.append(Buffer.from(hash, 'hex'));
  }

  addKey(): AddSigningKey {
    const signingKey = { ...this.at, ...this.signer.key, previous: null };
    return { kind: 'add_signing_key', signingKey, signature: this.signer.sign('signing_key', signingKey) };
  }

  /** Over all since the last one; `hash` and `last` are the last event's. */
  sign(state: MemoryState, hash: string, last: number, time: string): SignCheckpoint {
    const { before, signer } = this;
    const checkpoint: CheckpointStatement = {
      ...this.at,
      number: (before?.number ?? 0) + 1,
      first: (before?.last ?? 0) + 1,
      last,
      hash,
      root: this.tree.root(),
      previous: before === undefined ? null : checkpointHash(before),
      time,
      totals: totalsOf(state),
      key: signer.key.id,
    };
    this.before = checkpoint;
    this.tree = new MerkleTree();
    return { kind: 'sign_checkpoint', checkpoint, signature: signer.sign('checkpoint', checkpoint) };
  }
}

function totalsOf(state: MemoryState): AssetTotals[] {
  const sums = new Map<string, [bigint, bigint, bigint, bigint]>();
  for (const { asset, counters: c } of state.accounts.values()) {
    const [dp, cp, dn, cn] = sums.get(asset) ?? [0n, 0n, 0n, 0n];
    sums.set(asset, [dp + c.debitsPosted, cp + c.creditsPosted, dn + c.debitsPending, cn + c.creditsPending]);
  }
  return [...sums]
    .filter(([, all]) => all.some((sum) => sum !== 0n))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([asset, [dp, cp, dn, cn]]) => ({
      asset,
      debits_posted: `${dp}`,
      credits_posted: `${cp}`,
      debits_pending: `${dn}`,
      credits_pending: `${cn}`,
    }));
}
