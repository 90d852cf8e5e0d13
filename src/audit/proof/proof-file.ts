import type { KeyLink } from '../checkpoints/key-chain.js';
import type { CheckpointData } from '../journal-event.js';

/** A `checkpoint.signed` event's data. */
export interface SignedCheckpoint {
  readonly checkpoint: CheckpointData;
  readonly signature: string;
}

export interface ProvenEvent {
  /** The event's text, byte for byte: its SHA-256 is the tree's entry. */
  readonly event: string;
  /** Number of the checkpoint that covers it; its place there is its sequence less the checkpoint's `first`. */
  readonly checkpoint: number;
  /** From below: the hashes that lead to the checkpoint's root, lower-case hex. */
  readonly path: readonly string[];
}

export interface ShardProof {
  readonly shard: number;
  /** The shard's signing keys, oldest first. */
  readonly keys: readonly KeyLink[];
  readonly checkpoints: readonly SignedCheckpoint[];
  readonly events: readonly ProvenEvent[];
}

/** What shows, to whoever trusts one key, that events are in a signed journal; it shows no other event (docs/audit.md). */
export interface ProofFile {
  readonly format: 1;
  readonly kind: 'saldo.proof';
  readonly cluster: string;
  /** What was asked for: a transfer or an event (`0-42`). */
  readonly subject: string;
  readonly shards: readonly ShardProof[];
}

/** Throws where the text is no proof that this release can read. What it says is for `verifyProof` to judge. */
export function parseProof(text: string): ProofFile {
  let value: Partial<ProofFile> | null;
  try {
    value = JSON.parse(text) as Partial<ProofFile> | null;
  } catch (cause) {
    throw new Error('it is no JSON', { cause });
  }
  if (value?.kind !== 'saldo.proof') throw new Error('it is no proof made by "saldo audit prove"');
  if (value.format !== 1) throw new Error(`it has format ${String(value.format)}: this release reads 1`);
  const { cluster, subject, shards } = value;
  const whole = typeof cluster === 'string' && typeof subject === 'string' && Array.isArray(shards);
  if (!whole || !shards.every(isShardProof)) throw new Error('it is not whole');
  return value as ProofFile;
}

function isShardProof(value: Partial<ShardProof> | null): boolean {
  if (value === null || !Number.isSafeInteger(value.shard)) return false;
  const { keys, checkpoints, events } = value;
  return (
    everyOne<KeyLink>(keys, ({ signing_key }) => typeof signing_key?.public === 'string') &&
    everyOne<SignedCheckpoint>(checkpoints, ({ checkpoint }) => Number.isSafeInteger(checkpoint?.number)) &&
    everyOne<ProvenEvent>(events, ({ event, path }) => typeof event === 'string' && Array.isArray(path))
  );
}

const everyOne = <T>(list: unknown, holds: (one: Partial<T>) => boolean): boolean =>
  Array.isArray(list) && list.every((one: Partial<T> | null) => one !== null && holds(one));
