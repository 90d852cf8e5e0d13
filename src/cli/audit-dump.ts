import { once } from 'node:events';
import { kafkaSource } from '../audit/kafka-source.js';
import type { KafkaOptions } from '../kafka/client.js';

/** Writes one shard's events to standard output, one a line, as they are published: for other verifiers. */
export async function dumpJournal(
  options: KafkaOptions,
  cluster: string,
  shard: number,
  patienceMs: number,
): Promise<void> {
  for await (const texts of kafkaSource(options, cluster, patienceMs).read(shard)) {
    if (texts.length === 0) continue;
    if (!process.stdout.write(`${texts.join('\n')}\n`)) await once(process.stdout, 'drain');
  }
}
