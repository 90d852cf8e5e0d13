import { hashOf } from '../chain.js';
import { pathOf, rootOf } from '../checkpoints/merkle.js';
import { DivergenceError } from '../divergence.js';
import type { JournalEvent } from '../journal-event.js';
import type { ProofFile, ProvenEvent, ShardProof, SignedCheckpoint } from './proof-file.js';

/** Where proofs are made from: texts of events, by what is asked for. */
export interface ProofSource {
  /** The events of a transfer, or the one with that id, in each shard that has any. */
  eventsOf(
    subject: string,
  ): Promise<readonly { readonly shard: number; readonly texts: readonly string[] }[]>;
  /** The `checkpoint.signed` event that covers a sequence, or would if it were not later; undefined if none does yet. */
  checkpointOver(shard: number, seq: number): Promise<string | undefined>;
  /** The hashes of events `first` to `last`, lower-case hex. */
  hashes(shard: number, first: number, last: number): Promise<readonly string[]>;
  /** The shard's `signing_key.added` events, in order. */
  keys(shard: number): Promise<readonly string[]>;
}

/** There is nothing to prove, or not yet. */
export class NotProvableError extends Error {
  override readonly name = 'NotProvableError';
}

/** Puts a proof together. @throws NotProvableError, or DivergenceError where the journal is not what was signed */
export async function prove(subject: string, source: ProofSource): Promise<ProofFile> {
  const found = await source.eventsOf(subject);
  if (found.length === 0) throw new NotProvableError(`the journal has no event of ${subject}`);
  const shards = await Promise.all(found.map(({ shard, texts }) => proveShard(source, shard, texts)));
  const [first] = found[0]?.texts ?? [];
  const { cluster } = eventIn(first ?? '{}');
  return { format: 1, kind: 'saldo.proof', cluster, subject, shards };
}

async function proveShard(source: ProofSource, shard: number, texts: readonly string[]): Promise<ShardProof> {
  const checkpoints = new Map<number, SignedCheckpoint>();
  const hashes = new Map<number, readonly string[]>();
  const events: ProvenEvent[] = [];
  for (const text of texts) {
    const seq = Number(eventIn(text).sequence);
    const signed = await coveredBy(source, shard, seq);
    const { number, first, last, root } = signed.checkpoint;
    const entries = hashes.get(number) ?? (await source.hashes(shard, first, last));
    hashes.set(number, entries);
    checkpoints.set(number, signed);
    const same = (what: string, expected: string, found: string): void => {
      if (expected !== found) throw new DivergenceError({ shard, seq, what, expected, found });
    };
    same(`Merkle root of events ${first} to ${last}`, root, rootOf(entries));
    same('hash of the event', entries[seq - first] ?? 'none', hashOf(text));
    events.push({ event: text, checkpoint: number, path: pathOf(entries, seq - first) });
  }
  const keys = (await source.keys(shard)).map((text) => {
    const { signing_key, signature = '', voucher } = eventIn(text).data;
    if (signing_key === undefined) throw new Error(`an event of shard ${shard} adds no signing key`);
    return { signing_key, signature, ...(voucher === undefined ? {} : { voucher }) };
  });
  return { shard, keys, checkpoints: [...checkpoints.values()], events };
}

async function coveredBy(source: ProofSource, shard: number, seq: number): Promise<SignedCheckpoint> {
  const text = await source.checkpointOver(shard, seq);
  const { checkpoint, signature = '' } = text === undefined ? {} : eventIn(text).data;
  if (checkpoint === undefined)
    throw new NotProvableError(`event ${shard}-${seq} is not signed yet: the next checkpoint will cover it`);
  if (checkpoint.first <= seq) return { checkpoint, signature };
  throw new NotProvableError(
    `event ${shard}-${seq} was written when signing was off: checkpoint ${checkpoint.number} covers it by the chain only`,
  );
}

export const eventIn = (text: string): JournalEvent => JSON.parse(text) as JournalEvent;
