import { archiveSource, linesIn } from '../archive/archive-source.js';
import type { Manifest } from '../archive/manifest.js';
import { textsOf } from '../event-lines.js';
import { eventIn, type ProofSource } from './prove.js';

/** What a reading of a shard's files finds. */
interface Found {
  readonly texts: string[];
  readonly keys: string[];
  /** Checkpoints' events in order. */
  readonly checkpoints: { readonly last: number; readonly text: string }[];
}

/**
 * Makes proofs from an archive, which has no index: reads all of it once, and then the files of the checkpoint again.
 * `onProgress`: how many events were read, and of how many.
 */
export function archiveProofSource(
  dir: string,
  manifest: Manifest,
  onProgress: (done: number, total: number) => void = () => undefined,
): ProofSource {
  let found: readonly Found[] = [];
  const at = (shard: number): Found => found[shard] ?? { texts: [], keys: [], checkpoints: [] };
  return {
    eventsOf: async (subject) => {
      found = await readAll(dir, manifest, subject, onProgress);
      return found.flatMap(({ texts }, shard) => (texts.length === 0 ? [] : [{ shard, texts }]));
    },
    checkpointOver: async (shard, seq) => at(shard).checkpoints.find(({ last }) => last >= seq)?.text,
    hashes: async (shard, first, last) => {
      const files = manifest.shards[shard]?.files ?? [];
      const hashes: string[] = [];
      for (const file of files.filter((one) => one.first <= last && one.last >= first)) {
        let seq = file.first;
        for await (const lines of linesIn(dir, shard, file)) {
          const found = textsOf(lines).hashes;
          hashes.push(...found.slice(Math.max(0, first - seq), Math.max(0, last - seq + 1)));
          seq += found.length;
        }
      }
      return hashes;
    },
    keys: async (shard) => at(shard).keys,
  };
}

async function readAll(
  dir: string,
  manifest: Manifest,
  subject: string,
  onProgress: (done: number, total: number) => void,
): Promise<Found[]> {
  const source = archiveSource(dir, manifest);
  const total = manifest.shards.reduce((sum, { events }) => sum + events, 0);
  // Most events are told by their text alone; who is named somewhere in one is read.
  const mention = subject.startsWith('tr_') ? `"transfer":"${subject}"` : `"id":"${subject}"`;
  let done = 0;
  const all: Found[] = [];
  for (const { shard } of manifest.shards) {
    const found: Found = { texts: [], keys: [], checkpoints: [] };
    for await (const texts of source.read(shard)) {
      for (const text of texts) take(text, subject, mention, found);
      done += texts.length;
      onProgress(done, total);
    }
    all.push(found);
  }
  return all;
}

function take(text: string, subject: string, mention: string, { texts, keys, checkpoints }: Found): void {
  if (text.includes(mention)) {
    const { id, data } = eventIn(text);
    if (id === subject || data.transfer === subject) texts.push(text);
  }
  if (text.includes('"type":"saldo.signing_key.added"')) {
    if (eventIn(text).data.signing_key !== undefined) keys.push(text);
  } else if (text.includes('"type":"saldo.checkpoint.signed"')) {
    const { checkpoint } = eventIn(text).data;
    if (checkpoint !== undefined) checkpoints.push({ last: checkpoint.last, text });
  }
}
