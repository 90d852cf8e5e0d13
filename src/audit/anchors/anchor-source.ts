import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { anchorTopic } from '../../kafka/anchor-topic.js';
import type { KafkaOptions } from '../../kafka/client.js';
import { createKafka } from '../../kafka/client.js';
import { PartitionReader } from '../../kafka/partition-reader.js';

/** A place that keeps anchors, read as it is now. */
export interface AnchorSource {
  /** What a divergence calls it. */
  readonly place: string;
  /** Those it has something of, in order. */
  shards(): Promise<readonly number[]>;
  /** A shard's anchors in order, as texts. */
  read(shard: number): AsyncIterable<string>;
}

/** Of an anchor, in characters: many times what a checkpoint of a thousand assets takes. */
const LONGEST = 1 << 24;
const FILE = /^shard-(\d{1,4})\.jsonl$/;

/** Files of a folder, `shard-0.jsonl` and so on, one anchor a line. */
export function folderOfAnchors(folder: string): AnchorSource {
  return {
    place: folder,
    async shards() {
      const names = await readdir(folder);
      const shards = names.flatMap((name) => FILE.exec(name)?.[1] ?? []).map(Number);
      if (shards.length === 0) throw new Error(`${folder} holds no anchors (shard-0.jsonl and so on)`);
      return shards.sort((a, b) => a - b);
    },
    async *read(shard) {
      const bytes = createReadStream(join(folder, `shard-${shard}.jsonl`));
      // What has no line break at its end is still being written.
      let half = '';
      for await (const piece of bytes.setEncoding('utf8')) {
        const [first = '', ...others] = String(piece).split('\n');
        const lines = [half + first, ...others];
        half = lines.pop() ?? '';
        yield* lines;
        // Nobody is still writing that: whoever reads it says what it is.
        if (half.length > LONGEST) yield half;
      }
    },
  };
}

/** The topic of a cluster's anchors. */
export function topicOfAnchors(options: KafkaOptions, cluster: string): AnchorSource {
  const topic = anchorTopic(cluster);
  return {
    place: `topic ${topic}`,
    async shards() {
      const admin = createKafka(options).admin();
      await admin.connect();
      try {
        const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
        return (topics[0]?.partitions ?? []).map(({ partitionId }) => partitionId).sort((a, b) => a - b);
      } finally {
        await admin.disconnect();
      }
    },
    async *read(shard) {
      const reader = await PartitionReader.open(options, topic, shard);
      try {
        const { first, end } = await reader.bounds();
        for (let offset = first; offset < end; ) {
          const { records, next } = await reader.read(offset);
          for (const { value } of records) yield value;
          offset = next;
        }
      } finally {
        await reader.close();
      }
    },
  };
}
