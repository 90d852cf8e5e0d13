import { hash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { canonicalText, isSigned, keyIdOf } from '../checkpoints/signatures.js';
import { DivergenceError } from '../divergence.js';
import type { CheckpointData } from '../journal-event.js';
import type { AnchorSource } from './anchor-source.js';
import { type AnchoredCheckpoint, AnchorPacker, type AnchorTable } from './anchor-table.js';

interface AnchorData {
  readonly kind: string;
  readonly format: number;
  readonly sequence: number;
  readonly checkpoint: CheckpointData;
  readonly signature: string;
  readonly public: string;
}

/**
 * All anchors of the places, each verified by itself: its signature, and that each shard's are numbered from 1 without a
 * gap. What stands twice and says the same, as two writers at once may leave it, says it once. Throws DivergenceError.
 */
export async function readAnchors(sources: readonly AnchorSource[]): Promise<AnchorTable[]> {
  const tables: AnchorTable[] = [];
  for (const source of sources) {
    for (const shard of await source.shards()) tables.push(await tableOf(source, shard));
  }
  return tables;
}

/** A shard that was anchored has a journal. Throws DivergenceError. */
export function checkShards(tables: readonly AnchorTable[], shards: number): void {
  const strange = tables.find(({ shard, count }) => shard >= shards && count > 0);
  if (strange === undefined) return;
  const { shard, place } = strange;
  throw new DivergenceError({ shard, what: `journal, anchored in ${place}`, expected: 'one', found: 'none' });
}

async function tableOf(source: AnchorSource, shard: number): Promise<AnchorTable> {
  const packer = new AnchorPacker();
  let line = 0;
  for await (const text of source.read(shard)) {
    line += 1;
    const fail = (what: string, expected: unknown, found: unknown): never => {
      const where = `anchor ${line} of ${source.place}`;
      throw new DivergenceError({
        shard,
        what: `${what} of ${where}`,
        expected: String(expected),
        found: String(found),
      });
    };
    const anchor = anchorIn(text);
    if (anchor === undefined) return fail('form', 'an anchor of format 1', text.slice(0, 80));
    const { checkpoint } = anchor;
    if (checkpoint.shard !== shard) fail('shard', shard, checkpoint.shard);
    const compared = comparable(anchor.sequence, checkpoint, anchor.signature);
    if (isDeepStrictEqual(packer.at(checkpoint.number), compared)) continue;
    if (checkpoint.number !== packer.count + 1) fail('number', packer.count + 1, checkpoint.number);
    if (checkpoint.key !== keyIdOf(anchor.public)) fail('key', checkpoint.key, keyIdOf(anchor.public));
    const signed = isSigned(anchor.public, 'checkpoint', checkpoint, anchor.signature);
    if (!signed) fail('signature', `one by ${checkpoint.key}`, 'another');
    packer.add(compared);
  }
  return packer.table(shard, source.place);
}

/** What is compared of a checkpoint and its signature, wherever they were read. */
export function comparable(
  sequence: number,
  checkpoint: CheckpointData,
  signature: string | undefined,
): AnchoredCheckpoint {
  const { first, last, hash: hashOfLast, root } = checkpoint;
  const digest = hash('sha256', canonicalText({ checkpoint, signature }) ?? '', 'hex');
  return { sequence, first, last, hash: hashOfLast, root, digest };
}

function anchorIn(text: string): AnchorData | undefined {
  try {
    const value = JSON.parse(text) as Partial<AnchorData> | null;
    if (value?.kind !== 'saldo.anchor' || value.format !== 1) return undefined;
    const { sequence, checkpoint, signature, public: key } = value;
    const numbers = [sequence, checkpoint?.first, checkpoint?.last, checkpoint?.number];
    const digests = [checkpoint?.hash, checkpoint?.root, key];
    const whole =
      numbers.every((one) => Number.isSafeInteger(one)) &&
      digests.every((one) => /^[0-9a-f]{64}$/.test(String(one))) &&
      typeof signature === 'string';
    return whole ? (value as AnchorData) : undefined;
  } catch {
    return undefined;
  }
}
