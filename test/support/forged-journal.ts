import type { CheckpointStatement } from '../../src/domain/checkpoint.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';
import { MerkleTree } from '../../src/journal/merkle.js';
import { checkpointHash, type Signer } from '../../src/journal/signing-key.js';

/** One event told otherwise, in a way that no rule of the books minds. */
const forgeOne = (text: string): string => text.replace(/"actor":"[^"]*"/, '"actor":"operator:mallory"');

/**
 * A journal in which the event at an index is another, as whoever knows the format would write it: with the hashes of all
 * that follows, and where there is a signer also with its checkpoints. One that does not sign this journal puts its own key
 * in the place of that which does.
 */
export function forged(texts: readonly string[], index: number, signer?: Signer): string[] {
  const made = [...texts];
  const keyAt = texts.findIndex((text) => text.includes('"type":"saldo.signing_key.added"'));
  const theirs = signer !== undefined && !(texts[keyAt] ?? '').includes(signer.key.id);
  let before: CheckpointStatement | undefined;
  for (let i = 0; i < made.length; i += 1) {
    const changed = i >= (theirs ? Math.min(keyAt, index) : index);
    const prev = i === 0 ? GENESIS_HASH : hashOf(made[i - 1] ?? '');
    const text = (made[i] ?? '').replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${prev}"`);
    const event = JSON.parse(i === index ? forgeOne(text) : text);
    const { data } = event;
    if (signer !== undefined && changed && data.signing_key !== undefined && theirs) {
      data.signing_key = { ...data.signing_key, ...signer.key };
      data.signature = signer.sign('signing_key', data.signing_key);
    }
    if (signer !== undefined && changed && data.checkpoint !== undefined) {
      data.checkpoint = checkpointOver(made, data.checkpoint, before, signer);
      data.signature = signer.sign('checkpoint', data.checkpoint);
    }
    before = data.checkpoint ?? before;
    made[i] = JSON.stringify(event);
  }
  return made;
}

function checkpointOver(
  texts: readonly string[],
  told: CheckpointStatement,
  before: CheckpointStatement | undefined,
  { key }: Signer,
): CheckpointStatement {
  const hashes = texts.slice(told.first - 1, told.last).map(hashOf);
  const tree = new MerkleTree();
  for (const hash of hashes) tree.append(Buffer.from(hash, 'hex'));
  const previous = before === undefined ? null : checkpointHash(before);
  return { ...told, hash: hashes.at(-1) ?? '', root: tree.root(), previous, key: key.id };
}
