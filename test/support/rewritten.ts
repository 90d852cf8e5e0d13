import type { Kafka } from 'kafkajs';
import { ensureJournalTopic, journalTopic } from '../../src/kafka/journal-topic.js';
import type { TestShards } from './cluster.js';

/** Goes round grants and triggers, as somebody with the superuser's password would. */
export async function tamper(
  shards: TestShards,
  shard: number,
  sql: string,
  values: readonly unknown[] = [],
): Promise<void> {
  const client = await shards.owner(shard).connect();
  try {
    await client.query("SET session_replication_role = 'replica'");
    await client.query(sql, [...values]);
  } finally {
    client.release(true);
  }
}

/** Takes a shard back to where it was after an event, as if nothing had come after it: what goes on from there is a fork. */
export async function cutBack(shards: TestShards, shard: number, seq: number): Promise<void> {
  for (const table of ['events', 'entries', 'steps', 'links', 'checkpoints', 'signing_keys', 'accounts'])
    await tamper(shards, shard, `DELETE FROM ${table} WHERE seq > ${seq}`);
  await tamper(
    shards,
    shard,
    `UPDATE head SET seq = e.seq, hash = sha256(convert_to(e.body, 'UTF8')), time = (e.body::json ->> 'time')::timestamptz
       FROM events e WHERE e.seq = ${seq}`,
  );
}

/** An empty topic in place of the journal's: a relay then publishes what the shards have now. */
export async function emptyJournal(kafka: Kafka, cluster: string, shards: number): Promise<void> {
  await deleteTopic(kafka, journalTopic(cluster));
  await ensureJournalTopic(kafka, cluster, shards);
}

/** Resolves when it is gone. */
export async function deleteTopic(kafka: Kafka, topic: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    await admin.deleteTopics({ topics: [topic] });
    for (let there = true; there; ) there = (await admin.listTopics()).includes(topic);
  } finally {
    await admin.disconnect();
  }
}
