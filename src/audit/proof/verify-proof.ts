import { hashOf } from '../chain.js';
import { KeyChain } from '../checkpoints/key-chain.js';
import { rootFrom } from '../checkpoints/merkle.js';
import { isSigned, type TrustedKeys } from '../checkpoints/signatures.js';
import { DivergenceError } from '../divergence.js';
import type { CheckpointData, JournalEvent } from '../journal-event.js';
import type { ProofFile, ShardProof } from './proof-file.js';

/** One event that is in the journal, and who says so. */
export interface Proven {
  readonly event: JournalEvent;
  readonly checkpoint: CheckpointData;
}

/**
 * What a proof shows to whoever trusts the keys. Needs nothing else: no server, no journal.
 * @throws DivergenceError that names the first thing that does not hold
 */
export function verifyProof({ cluster, subject, shards }: ProofFile, trust: TrustedKeys): Proven[] {
  const proven = shards.flatMap((shard) => verifyShard(shard, cluster, trust));
  for (const { event } of proven) {
    if (event.id === subject || event.data.transfer === subject) continue;
    const { shard, sequence } = event;
    const found = event.data.transfer ?? event.id;
    const what = 'subject of the event';
    throw new DivergenceError({
      shard: Number(shard),
      seq: Number(sequence),
      what,
      expected: subject,
      found,
    });
  }
  if (proven.length > 0) return proven;
  throw new DivergenceError({ shard: -1, what: 'proof', expected: `an event of ${subject}`, found: 'none' });
}

function verifyShard(
  { shard, keys, checkpoints, events }: ShardProof,
  cluster: string,
  trust: TrustedKeys,
): Proven[] {
  const chain = new KeyChain(shard, cluster, trust);
  for (const key of keys) {
    const fault = chain.add(key);
    if (fault !== undefined) throw new DivergenceError({ shard, ...fault });
  }
  const byNumber = new Map<number, CheckpointData>();
  for (const { checkpoint, signature } of checkpoints) {
    const same = sameAt(shard, 'checkpoint', checkpoint.number);
    same('cluster', cluster, checkpoint.cluster);
    same('shard', shard, checkpoint.shard);
    const key = chain.find(checkpoint.key);
    same(
      'key',
      'one of those in the proof',
      key === undefined ? checkpoint.key : 'one of those in the proof',
    );
    const signed = isSigned(key?.public ?? '', 'checkpoint', checkpoint, signature);
    same('signature', `one by ${checkpoint.key}`, signed ? `one by ${checkpoint.key}` : 'another');
    same('key', 'one that is trusted', key?.trusted === true ? 'one that is trusted' : checkpoint.key);
    byNumber.set(checkpoint.number, checkpoint);
  }
  return events.map(({ event: text, checkpoint: number, path }) => {
    const event = parsed(text, shard);
    const seq = Number(event.sequence);
    const same = sameAt(shard, 'event', seq, seq);
    same('cluster', cluster, event.cluster);
    same('shard', String(shard), event.shard);
    same('id', `${shard}-${seq}`, event.id);
    const checkpoint = byNumber.get(number);
    if (checkpoint === undefined) {
      const found = `none of number ${number}`;
      throw new DivergenceError({ shard, seq, what: 'checkpoint of the event', expected: 'one', found });
    }
    const { first, last, root } = checkpoint;
    const reached = rootFrom(hashOf(text), seq - first, last - first + 1, path);
    same('Merkle root', root, reached ?? `no path from event ${seq} to that of events ${first} to ${last}`);
    return { event, checkpoint };
  });
}

function parsed(text: string, shard: number): JournalEvent {
  try {
    const event = JSON.parse(text) as Partial<JournalEvent> | null;
    if (typeof event?.sequence === 'string' && typeof event.data === 'object' && event.data !== null)
      return event as JournalEvent;
  } catch {
    // It is told below, as what else is no event.
  }
  throw new DivergenceError({
    shard,
    what: 'event',
    expected: 'one of the journal',
    found: text.slice(0, 80),
  });
}

const sameAt =
  (shard: number, of: string, number: number, seq?: number) =>
  (what: string, expected: unknown, found: unknown): void => {
    if (expected === found) return;
    const at = seq === undefined ? {} : { seq };
    const named = `${what} of ${seq === undefined ? `${of} ${number}` : `the ${of}`}`;
    throw new DivergenceError({
      shard,
      ...at,
      what: named,
      expected: String(expected),
      found: String(found),
    });
  };
