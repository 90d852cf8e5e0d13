/** An Ed25519 key that signs a shard's checkpoints. */
export interface SigningKey {
  /** `ed25519_` and the first 32 hex digits of the SHA-256 of the public key. */
  readonly id: string;
  /** The 32 bytes of the public key, lower-case hex. */
  readonly public: string;
}

/** Says that a key signs a shard's checkpoints from here on; signed by it, and by the one before. */
export interface KeyStatement extends SigningKey {
  readonly cluster: string;
  readonly shard: number;
  /** The id of the key that signed until now; null for the shard's first. */
  readonly previous: string | null;
}

/** All of a shard's accounts in one asset, counts of minor units as decimal strings. */
export interface AssetTotals {
  readonly asset: string;
  readonly debits_posted: string;
  readonly credits_posted: string;
  readonly debits_pending: string;
  readonly credits_pending: string;
}

/**
 * What is signed of a stretch of a shard's journal, word for word as it stands in the event (docs/journal-format.md).
 * Digests are lower-case hex.
 */
export interface CheckpointStatement {
  readonly cluster: string;
  readonly shard: number;
  /** 1 for the shard's first, then up by one. */
  readonly number: number;
  /** Sequences of the first and of the last event it covers. */
  readonly first: number;
  readonly last: number;
  /** Hash of event `last`, which the chain makes one of the whole journal up to there. */
  readonly hash: string;
  /** Root of RFC 6962's Merkle tree over the hashes of events `first` to `last`. */
  readonly root: string;
  /** SHA-256 of the canonical text of the checkpoint before; null for the first. */
  readonly previous: string | null;
  /** RFC 3339: when it was made, by the clock of the node that made it. */
  readonly time: string;
  /** As they are after event `last`, in the order of the assets' names. */
  readonly totals: readonly AssetTotals[];
  /** Id of the key that signed it. */
  readonly key: string;
}

/** Most events in one checkpoint: what a proof has to read. */
export const MOST_COVERED = 10_000;
/** A checkpoint's event stands at most so far behind the first event it covers: what a reader has to remember. */
export const MOST_BEHIND = 100_000;

/** What a shard's journal says of its signatures. */
export interface Signing {
  /** Oldest first: the last one signs. */
  readonly keys: readonly { readonly id: string; readonly seq: number }[];
  readonly checkpoint?: Pick<CheckpointStatement, 'number' | 'last' | 'root'> & { readonly seq: number };
}

export const UNSIGNED: Signing = { keys: [] };
