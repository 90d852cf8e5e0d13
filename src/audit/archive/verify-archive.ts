import { Chain } from '../chain.js';
import { type Divergence, DivergenceError } from '../divergence.js';
import { archiveSource } from './archive-source.js';
import { type Manifest, readManifest } from './manifest.js';

export interface ArchiveReport {
  readonly clean: boolean;
  readonly manifest: Manifest;
  /** The first of each shard. */
  readonly divergences: readonly Divergence[];
}

/** Needs nothing but the folder: the files are the manifest's, and the sequence and the chain of each shard hold. */
export async function verifyArchive(
  dir: string,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<ArchiveReport> {
  const manifest = await readManifest(dir);
  const source = archiveSource(dir, manifest);
  const total = manifest.shards.reduce((sum, { events }) => sum + events, 0);
  const divergences: Divergence[] = [];
  let done = 0;
  for (const { shard } of manifest.shards) {
    const chain = new Chain(shard);
    chain.cluster = manifest.cluster;
    try {
      for await (const texts of source.read(shard)) {
        for (const text of texts) chain.next(text);
        done += texts.length;
        onProgress(done, total);
      }
    } catch (error) {
      if (!(error instanceof DivergenceError)) throw error;
      divergences.push(error.divergence);
    }
  }
  return { clean: divergences.length === 0, manifest, divergences };
}
