import { readdir } from 'node:fs/promises';
import type { AnchorTable } from '../anchors/anchor-table.js';
import { checkShards } from '../anchors/read-anchors.js';
import { Chain } from '../chain.js';
import { CheckpointAudit, type SignedReport } from '../checkpoints/checkpoint-audit.js';
import type { TrustedKeys } from '../checkpoints/signatures.js';
import { type Divergence, DivergenceError } from '../divergence.js';
import { archiveSource } from './archive-source.js';
import { EVENTS_FILE, type Manifest, readManifest } from './manifest.js';

export interface ArchiveReport {
  readonly clean: boolean;
  readonly manifest: Manifest;
  /** By shard: how far its journal is signed. */
  readonly signed: readonly SignedReport[];
  /** The first of each shard. */
  readonly divergences: readonly Divergence[];
}

/**
 * Needs nothing but the folder: the files are the manifest's, and the sequence, the chain and the checkpoints of each shard
 * hold. `trust`: whose signatures count; without it any that the journal itself names.
 * `anchors`: what the checkpoints are compared with.
 */
export async function verifyArchive(
  dir: string,
  onProgress: (done: number, total: number) => void = () => undefined,
  trust?: TrustedKeys,
  anchors?: readonly AnchorTable[],
): Promise<ArchiveReport> {
  const manifest = await readManifest(dir);
  checkShards(anchors ?? [], manifest.shards.length);
  const source = archiveSource(dir, manifest);
  const total = manifest.shards.reduce((sum, { events }) => sum + events, 0);
  const divergences: Divergence[] = [];
  const signed: SignedReport[] = [];
  let done = 0;
  for (const { shard } of manifest.shards) {
    const chain = new Chain(shard);
    chain.cluster = manifest.cluster;
    const checkpoints = new CheckpointAudit(
      shard,
      trust,
      anchors?.filter((one) => one.shard === shard),
    );
    try {
      for await (const texts of source.read(shard)) {
        for (const text of texts) {
          const event = chain.next(text);
          if (event !== undefined) checkpoints.see(event, chain.hash);
        }
        done += texts.length;
        onProgress(done, total);
      }
      checkpoints.finish();
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      divergences.push(error.divergence);
    }
    signed.push(checkpoints.report());
  }
  for (const stranger of await strangersIn(dir, manifest)) {
    if (!divergences.some(({ shard }) => shard === stranger.shard)) divergences.push(stranger);
  }
  return { clean: divergences.length === 0, manifest, signed, divergences };
}

/** Files that look like an archive's own, and are not: who reads all that are there would take them for events of the shard. */
async function strangersIn(dir: string, { shards }: Manifest): Promise<Divergence[]> {
  const own = new Set(shards.flatMap(({ files }) => files.map(({ name }) => name)));
  const found = (await readdir(dir)).filter((name) => EVENTS_FILE.test(name) && !own.has(name)).sort();
  return found.map((name) => {
    const shard = Number(EVENTS_FILE.exec(name)?.[1]);
    return { shard, what: `file ${name}`, expected: 'none: it is not in the manifest', found: 'one' };
  });
}
