import { randomBytes } from 'node:crypto';
import type { Kafka } from 'kafkajs';
import { type Counters, NO_COUNTERS } from '../../src/domain/account.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import { accountIdOf, keyDigest, type TransferId, tenantId } from '../../src/domain/ids.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';
import { ensureJournalTopic, journalTopic } from '../../src/kafka/journal-topic.js';
import { TransactionalProducer } from '../../src/kafka/transactional-producer.js';
import { CZK } from './compact-tenant.js';

const TENANT = tenantId('acme');
const ALICE = accountIdOf(1, keyDigest(TENANT, 'client', 'alice'));
export const BOB = accountIdOf(1, keyDigest(TENANT, 'client', 'bob'));
const START = Date.UTC(2026, 0, 1);

/** The n-th event of a journal in which Alice pays Bob 1, 2, 3 … */
function posted(n: number): LedgerEvent {
  const transfer = `tr_${n.toString(16).padStart(32, '0')}` as TransferId;
  const legs = [{ debit: ALICE, credit: BOB, amount: BigInt(n), asset: CZK }];
  const [before, after] = [BigInt((n * (n - 1)) / 2), BigInt((n * (n + 1)) / 2)];
  const version = n;
  const entries = [
    { account: ALICE, version, before: debited(before), after: debited(after) },
    { account: BOB, version, before: credited(before), after: credited(after) },
  ];
  return { type: 'transfer.posted', tenant: TENANT, transfer, legs, entries };
}
const debited = (debitsPosted: bigint): Counters => ({ ...NO_COUNTERS, debitsPosted });
const credited = (creditsPosted: bigint): Counters => ({ ...NO_COUNTERS, creditsPosted });

/** When the n-th event of a shard was booked: a second after the one before. */
export const timeOf = (seq: number): string => new Date(START + seq * 1_000).toISOString();

/** A journal on the run's real broker, as a relay would have written it: to leave out, repeat and spoil events at will. */
export class WrittenJournal {
  readonly cluster = `t${randomBytes(5).toString('hex')}`;
  /** By shard: every event, in order, whether published or not. */
  readonly texts: string[][];

  private constructor(
    readonly kafka: Kafka,
    shards: number,
  ) {
    this.texts = Array.from({ length: shards }, () => []);
  }

  static async create(kafka: Kafka, shards = 2): Promise<WrittenJournal> {
    const journal = new WrittenJournal(kafka, shards);
    await ensureJournalTopic(kafka, journal.cluster, shards);
    return journal;
  }

  /** The next events of a shard, not published. */
  next(shard: number, count: number): string[] {
    const all = this.texts[shard] ?? [];
    const made = Array.from({ length: count }, () => {
      const seq = all.length + 1;
      const prev = all.length === 0 ? GENESIS_HASH : hashOf(all.at(-1) ?? '');
      const at = { cluster: this.cluster, shard, seq, time: timeOf(seq), prev };
      const text = encodeEvent(posted(seq), { actor: 'system:test' }, at);
      all.push(text);
      return text;
    });
    return made;
  }

  /** Publishes texts as they are, a transaction for each `batch`. */
  async publish(shard: number, texts: readonly string[], batch = 500): Promise<void> {
    const producer = await TransactionalProducer.open(this.kafka, `${this.cluster}.shard-${shard}`);
    try {
      for (let at = 0; at < texts.length; at += batch) {
        const messages = texts.slice(at, at + batch).map((value) => ({ value }));
        await producer.commit([{ topic: journalTopic(this.cluster), partition: shard, messages }]);
      }
    } finally {
      await producer.close();
    }
  }

  async write(shard: number, count: number, batch?: number): Promise<void> {
    await this.publish(shard, this.next(shard, count), batch);
  }

  /** Sends texts in a transaction that is given up. */
  async abort(shard: number, texts: readonly string[]): Promise<void> {
    const producer = this.kafka.producer({ transactionalId: `${this.cluster}.aborted`, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    const messages = texts.map((value) => ({ value, partition: shard }));
    await transaction.send({ topic: journalTopic(this.cluster), messages });
    await transaction.abort();
    await producer.disconnect();
  }
}
