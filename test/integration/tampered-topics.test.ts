import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { folderOfAnchors } from '../../src/audit/anchors/anchor-source.js';
import { type AnchorTable, anchoredUpTo } from '../../src/audit/anchors/anchor-table.js';
import { readAnchors } from '../../src/audit/anchors/read-anchors.js';
import { exportArchive } from '../../src/audit/archive/export-archive.js';
import { trustedKeysIn } from '../../src/audit/checkpoints/signatures.js';
import type { Divergence } from '../../src/audit/divergence.js';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import { replay } from '../../src/audit/replay.js';
import { AnchorFile, anchorFile } from '../../src/checkpoints/anchors/anchor-file.js';
import { Anchorer } from '../../src/checkpoints/anchors/anchorer.js';
import { journalNow } from '../../src/cli/audit/journal-now.js';
import { packageRoot } from '../../src/config/package-root.js';
import type { CheckpointStatement } from '../../src/domain/checkpoint.js';
import { publicPem } from '../../src/journal/signing-key.js';
import { ensureTopics } from '../../src/kafka/ensure-topic.js';
import { journalTopic } from '../../src/kafka/journal-topic.js';
import { TransactionalProducer } from '../../src/kafka/transactional-producer.js';
import { Barrier } from '../../src/storage/barrier.js';
import { clusterWithEveryTable } from '../support/every-table.js';
import { forged } from '../support/forged-journal.js';
import { readJournal, testKafka } from '../support/journal.js';
import { newSeed, randomFrom } from '../support/random.js';
import type { SagaCluster } from '../support/saga-cluster.js';
import { newSigner } from '../support/signed-journal.js';

/** P7, P8: whatever is changed in the topic, by whoever writes it anew, the audit names the event. */
const seed = newSeed();
const random = randomFrom(seed);
/** Stolen, too. */
const signer = newSigner();
const thief = newSigner();
const trust = trustedKeysIn(publicPem(signer));
const { kafka, kafkaOptions } = testKafka();
const PATIENCE_S = 3;
const AT_ONCE = 6;

let cluster: SagaCluster;
let journals: readonly (readonly string[])[];
let anchors: readonly AnchorTable[];

/** What is found when the topic is compared with the shards, and when it is judged by keys and anchors alone. */
interface Place {
  readonly texts: readonly string[];
  readonly withShards: Partial<Divergence>;
  readonly alone: Partial<Divergence>;
}
const at = (index: number, what: unknown = expect.any(String)) =>
  ({ seq: index + 1, what }) as Partial<Divergence>;
const both = (texts: readonly string[], found: Partial<Divergence>): Place => ({
  texts,
  withShards: found,
  alone: found,
});

const KINDS: Record<string, (texts: readonly string[], shard: number) => Place> = {
  byte(texts) {
    const i = random(texts.length - 1);
    const text = texts[i] ?? '';
    const where = random(text.length);
    const code = 0x20 + ((text.charCodeAt(where) - 0x20 + 1 + random(94)) % 95);
    const changed = text.slice(0, where) + String.fromCharCode(code) + text.slice(where + 1);
    // What the event does not say of itself, the hash in the next one tells.
    const alone = { seq: expect.toSatisfy((seq: number) => seq === i + 1 || seq === i + 2) };
    return { texts: texts.with(i, changed), withShards: at(i), alone };
  },
  drop(texts) {
    const i = random(texts.length - 1);
    return both(texts.toSpliced(i, 1), at(i, 'sequence'));
  },
  duplicate(texts) {
    const i = random(texts.length);
    const to = i + 1 + random(texts.length - i);
    const place = both(texts.toSpliced(to, 0, texts[i] ?? ''), at(to, 'sequence'));
    // Behind the shard's last event nothing is read as one of its events.
    return to < texts.length ? place : { ...place, withShards: at(to, 'end of the journal') };
  },
  'the last event, twice'(texts) {
    return {
      texts: [...texts, texts.at(-1) ?? ''],
      withShards: at(texts.length, 'end of the journal'),
      alone: at(texts.length, 'sequence'),
    };
  },
  'old events again, at the end'(texts) {
    const count = 1 + random(texts.length - 1);
    const end = random(2) === 0 ? [] : texts.slice(-1);
    return {
      texts: [...texts, ...texts.slice(0, count), ...end],
      withShards: at(texts.length, 'end of the journal'),
      alone: at(texts.length, 'sequence'),
    };
  },
  swap(texts) {
    const i = random(texts.length - 1);
    const j = i + 1 + random(texts.length - i - 1);
    return both(texts.with(i, texts[j] ?? '').with(j, texts[i] ?? ''), at(i, 'sequence'));
  },
  truncate(texts, shard) {
    const anchored = anchoredUpTo(anchors.filter((one) => one.shard === shard));
    const left = random(anchored - 1);
    const found = expect.stringContaining(`the end after ${left} `);
    const upTo = (last: number) => expect.stringContaining(`events up to ${last}`);
    return {
      texts: texts.slice(0, left),
      withShards: { what: 'journal', expected: upTo(texts.length), found },
      alone: { what: 'journal', expected: upTo(anchored), found },
    };
  },
  fork(texts) {
    const i = random(signedUpTo(texts));
    return { texts: forged(texts, i), withShards: at(i, 'row in events'), alone: covering(texts, i) };
  },
  'signed again, with another key'(texts) {
    const i = random(signedUpTo(texts));
    const key = texts.findIndex((text) => text.includes('"type":"saldo.signing_key.added"'));
    return {
      texts: forged(texts, i, thief),
      withShards: at(Math.min(key, i), 'row in events'),
      alone: covering(texts, 0),
    };
  },
  'signed again, with the right key'(texts) {
    const i = random(signedUpTo(texts));
    return { texts: forged(texts, i, signer), withShards: at(i, 'row in events'), alone: covering(texts, i) };
  },
};
const EACH = 4;
const PLACES = Object.keys(KINDS).length * EACH * 2;

const checkpointsIn = (texts: readonly string[]): { index: number; checkpoint: CheckpointStatement }[] =>
  texts.flatMap((text, index) => {
    const { checkpoint } = JSON.parse(text).data;
    return checkpoint === undefined ? [] : [{ index, checkpoint }];
  });
/** What comes after the last checkpoint, nobody has signed. */
const signedUpTo = (texts: readonly string[]): number => checkpointsIn(texts).at(-1)?.checkpoint.last ?? 0;
/** At the first checkpoint that covers an event. */
function covering(texts: readonly string[], index: number): Partial<Divergence> {
  const first = checkpointsIn(texts).find(({ checkpoint }) => checkpoint.last > index);
  return at(first?.index ?? -1, expect.stringContaining('checkpoint'));
}

beforeAll(async () => {
  cluster = await clusterWithEveryTable(signer);
  const { name } = cluster.shards;
  journals = await Promise.all([0, 1].map((shard) => readJournal(kafkaOptions, name, shard)));
  const folder = mkdtempSync(join(tmpdir(), 'saldo-tampered-'));
  for (const shard of [0, 1]) {
    const pool = cluster.shards.posting(shard);
    const place = new AnchorFile(anchorFile(folder, shard));
    const anchorer = new Anchorer({ pool, barrier: new Barrier(pool), place, onFailure: () => undefined });
    await anchorer.pass(new AbortController().signal);
    await anchorer.close();
  }
  anchors = await readAnchors([folderOfAnchors(folder)]);
  rmSync(folder, { recursive: true });
}, 120_000);
afterAll(() => cluster.close());

async function publish(
  named: string,
  producer: TransactionalProducer,
  texts: readonly (readonly string[])[],
): Promise<void> {
  const topic = journalTopic(named);
  for (const [partition, values] of texts.entries()) {
    const messages = values.map((value) => ({ value }));
    if (messages.length > 0) await producer.commit([{ topic, partition, messages }]);
  }
}
const now = (named: string) =>
  journalNow({ kafka: kafkaOptions.brokers, dir: '', cluster: named, patience: PATIENCE_S });

/** A topic, audited both ways. */
async function audit(named: string) {
  const { shardUrls } = cluster.shards;
  const source = kafkaSource(kafkaOptions, named, PATIENCE_S * 1_000);
  const withShards = await replay({ source, shardUrls, trust });
  const alone = await replay({ ...(await now(named)), trust, anchors });
  return { withShards: withShards.divergences, alone: alone.divergences };
}

it(`names the event that was changed, at ${PLACES} random places (seed ${seed})`, async () => {
  const kinds = Array.from({ length: EACH }, () => Object.keys(KINDS)).flat();
  const order = (): string[] =>
    kinds
      .map((kind) => ({ kind, by: random(1e9) }))
      .sort((a, b) => a.by - b.by)
      .map(({ kind }) => kind);
  const [first, second] = [order(), order()];
  // One place in each shard's partition of a topic; the last topic is as the relays wrote it.
  const pairs = [...kinds.map((_, n) => [first[n] ?? '', second[n] ?? '']), []];
  const topics = pairs.map((_, n) => `${cluster.shards.name}-${n}`);
  const specs = topics.map((name) => ({ topic: journalTopic(name), partitions: 2, config: {} }));
  await ensureTopics(kafka, specs);
  const producer = await TransactionalProducer.open(kafka, `${cluster.shards.name}-again`);
  const audits: (() => Promise<void>)[] = [];
  for (const [n, pair] of pairs.entries()) {
    const places = pair.map((kind, shard) => KINDS[kind]?.(journals[shard] ?? [], shard) as Place);
    const texts = journals.map((journal, shard) => places[shard]?.texts ?? journal);
    const named = topics[n] ?? '';
    await publish(named, producer, texts);
    audits.push(async () => {
      const found = await audit(named);
      for (const way of ['withShards', 'alone'] as const) {
        const expected = places.map((place, shard) => ({ shard, ...place[way] }));
        expect(found[way], `seed ${seed}, ${way}, ${pair.join(' and ')}`).toMatchObject(expected);
      }
    });
  }
  await producer.close();
  const waiting = audits.values();
  const worker = async (): Promise<void> => {
    for (const one of waiting) await one();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  const admin = kafka.admin();
  await admin.connect();
  await admin.deleteTopics({ topics: specs.map(({ topic }) => topic) });
  await admin.disconnect();
}, 240_000);

it('old events behind the last do not shorten what is exported, or audited by threads of the built program', async () => {
  const named = `${cluster.shards.name}-old`;
  await ensureTopics(kafka, [{ topic: journalTopic(named), partitions: 2, config: {} }]);
  const producer = await TransactionalProducer.open(kafka, named);
  const [first = [], second = []] = journals;
  await publish(named, producer, [[...first, ...first.slice(0, 3)], second]);
  await producer.close();
  const what = `shard 0, sequence ${first.length + 1}: sequence: expected`;
  const dir = join(mkdtempSync(join(tmpdir(), 'saldo-old-')), 'archive');
  const made = { made: new Date(), by: 'saldo test', splitBytes: 1_000_000 };
  const exported = exportArchive({ ...(await now(named)), cluster: cluster.shards.name, dir, ...made });
  await expect(exported).rejects.toThrow(what);
  rmSync(join(dir, '..'), { recursive: true });
  const where = ['--journal-only', '--kafka', kafkaOptions.brokers.join(','), '--cluster', named];
  const script = join(packageRoot(), 'bin', 'saldo.js');
  const cli = spawnSync(process.execPath, [script, 'audit', 'replay', ...where], { encoding: 'utf8' });
  expect(cli).toMatchObject({ status: 1, stdout: expect.stringContaining(`DIVERGENCE ${what}`) });
});
