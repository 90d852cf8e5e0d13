import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { createGunzip } from 'node:zlib';
import { type Manifest, readManifest } from '../../../src/audit/archive/manifest.js';

const PIECE = 1 << 20;
const AHEAD = 4;

/** Reads, unpacks, splits and parses an archive over threads as a replay has them; returns how many events there were. */
export async function parseOnly(dir: string): Promise<number> {
  const manifest = await readManifest(dir);
  const counts = await Promise.all(manifest.shards.map(({ shard }) => parseShard(dir, manifest, shard)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function parseShard(dir: string, manifest: Manifest, shard: number): Promise<number> {
  const worker = new Worker(new URL('./parse-thread.js', import.meta.url), {
    resourceLimits: { maxYoungGenerationSizeMb: 96 },
  });
  let events = 0;
  let ahead = 0;
  worker.on('message', (count: number) => {
    events += count;
    ahead -= 1;
  });
  const hand = async (parts: readonly Uint8Array[]): Promise<void> => {
    const bytes = Uint8Array.from(Buffer.concat(parts));
    worker.postMessage(bytes, [bytes.buffer]);
    ahead += 1;
    while (ahead >= AHEAD) await once(worker, 'message');
  };
  for (const { name } of manifest.shards[shard]?.files ?? []) {
    let rest: Uint8Array = new Uint8Array(0);
    const pieces = createReadStream(join(dir, name)).pipe(createGunzip({ chunkSize: PIECE }));
    for await (const piece of pieces as AsyncIterable<Buffer>) {
      const end = piece.lastIndexOf(0x0a) + 1;
      if (end > 0) await hand([rest, piece.subarray(0, end)]);
      rest = end > 0 ? Uint8Array.from(piece.subarray(end)) : Buffer.concat([rest, piece]);
    }
  }
  while (ahead > 0) await once(worker, 'message');
  await worker.terminate();
  return events;
}
