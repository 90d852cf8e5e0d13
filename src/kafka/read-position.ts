import type { Kafka } from 'kafkajs';

/** Where a relay said it was: the offset and the sequence of the last record it published. */
export interface KeptPosition {
  readonly offset: number;
  readonly seq: number;
}

/** The committed position, or undefined if there is none (never published, or Kafka forgot it). */
export async function readPosition(
  kafka: Kafka,
  group: string,
  topic: string,
  partition: number,
): Promise<KeptPosition | undefined> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const found = await admin.fetchOffsets({ groupId: group, topics: [topic] });
    const kept = found[0]?.partitions.find((one) => one.partition === partition);
    const offset = Number(kept?.offset ?? -1);
    return offset < 0 ? undefined : { offset, seq: Number(kept?.metadata) };
  } finally {
    await admin.disconnect();
  }
}
