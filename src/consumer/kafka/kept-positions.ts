import { lastRecord } from '../../kafka/last-record.js';
import { PartitionReader } from '../../kafka/partition-reader.js';
import type { Position } from '../journal-event.js';
import { positionsTopic } from '../names.js';
import type { ProcessingContext } from '../processing.js';

/**
 * What the last record of a partition of the positions topic says. A topic and not a group's offsets: Kafka forgets
 * those of a shard that has been quiet, or a consumer that has been away, for seven days, and who then starts from the
 * beginning produces everything twice (docs/adr/0013).
 */
export interface KeptPosition {
  readonly seq?: number;
  readonly hash?: string;
  readonly offset?: number;
  /** The instance that works on the shard; null where it left it in good order. */
  readonly heldBy: string | null;
}

/** Exact once the transactions of whoever held the shard before are ended, as opening a producer does. */
export async function readKept(
  { kafkaOptions, cluster, group }: ProcessingContext,
  shard: number,
): Promise<KeptPosition | undefined> {
  const reader = await PartitionReader.open(kafkaOptions, positionsTopic(cluster, group), shard);
  try {
    const last = await lastRecord(reader);
    return last === undefined ? undefined : (JSON.parse(last.value) as KeptPosition);
  } finally {
    await reader.close();
  }
}

export function positionIn({ seq, hash, offset }: KeptPosition): Position | undefined {
  return seq === undefined || hash === undefined || offset === undefined ? undefined : { seq, hash, offset };
}

export const keptSend = (
  { cluster, group }: ProcessingContext,
  shard: number,
  position: Position | undefined,
  heldBy: string | null,
) => ({
  topic: positionsTopic(cluster, group),
  partition: shard,
  messages: [{ key: String(shard), value: JSON.stringify({ ...position, heldBy }) }],
});
