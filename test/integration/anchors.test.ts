import {
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type AnchorSource, folderOfAnchors, topicOfAnchors } from '../../src/audit/anchors/anchor-source.js';
import type { AnchorTable } from '../../src/audit/anchors/anchor-table.js';
import { readAnchors } from '../../src/audit/anchors/read-anchors.js';
import { trustedKeysIn } from '../../src/audit/checkpoints/signatures.js';
import { DivergenceError } from '../../src/audit/divergence.js';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import { replay } from '../../src/audit/replay.js';
import { renderReport } from '../../src/audit/report.js';
import { AnchorFile, anchorFile } from '../../src/checkpoints/anchors/anchor-file.js';
import { type AnchorPlace, AnchorsDivergedError } from '../../src/checkpoints/anchors/anchor-place.js';
import { AnchorTopic } from '../../src/checkpoints/anchors/anchor-topic.js';
import { Anchorer, type AnchorerOptions } from '../../src/checkpoints/anchors/anchorer.js';
import type { AccountId } from '../../src/domain/ids.js';
import { publicPem } from '../../src/journal/signing-key.js';
import { anchorTopic, ensureAnchorTopic } from '../../src/kafka/anchor-topic.js';
import { ensureJournalTopic } from '../../src/kafka/journal-topic.js';
import { rotateKeys } from '../../src/main/rotate-keys.js';
import { Barrier } from '../../src/storage/barrier.js';
import { checkpointerOn } from '../support/checkpoints.js';
import { createTestShards, TEST_ORIGIN, type TestShards } from '../support/cluster.js';
import type { CompactTenant } from '../support/compact-tenant.js';
import { readJournal, readTopic, testKafka } from '../support/journal.js';
import { eventTexts, relayOn } from '../support/relay.js';
import { cutBack, deleteTopic, emptyJournal } from '../support/rewritten.js';
import { newSigner } from '../support/signed-journal.js';
import { tenantOn } from '../support/tenant-on.js';
import { until } from '../support/until.js';

const { kafka, kafkaOptions } = testKafka();
const folder = mkdtempSync(join(tmpdir(), 'saldo-anchors-'));
/** Whoever forges has it too. */
const signer = newSigner();
const trust = trustedKeysIn(publicPem(signer));
const forever = new AbortController().signal;

let shards: TestShards;
let tenants: CompactTenant[];
let moves = 0;

beforeAll(async () => {
  shards = await createTestShards(2);
  await ensureJournalTopic(kafka, shards.name, 2);
  await ensureAnchorTopic(kafka, shards.name, 2);
  tenants = await Promise.all([0, 1].map((shard) => tenantOn(shards, shard, ['alice', 'bob', 'mallory'])));
  for (const shard of [0, 1]) await grow(shard, 3);
});
afterAll(async () => {
  await shards.close();
  rmSync(folder, { recursive: true, force: true });
});

/** So many checkpoints more on a shard, each over payments to whom it says. */
async function grow(
  shard: number,
  checkpoints: number,
  to: 'bob' | 'mallory' = 'bob',
  by = signer,
): Promise<void> {
  const tenant = tenants[shard] as CompactTenant;
  const [payer, payee] = [tenant.account('alice'), tenant.account(to)] as [AccountId, AccountId];
  const { checkpointer } = checkpointerOn(shards, shard, { signer: by });
  const writer = shards.writer(shard);
  for (let n = 0; n < checkpoints; n += 1) {
    const posts = Array.from({ length: 7 }, () => {
      moves += 1;
      return writer.submit(tenant.post(`move ${moves}`, payer, payee, BigInt(moves)), TEST_ORIGIN);
    });
    await Promise.all(posts);
    const before = (await countOf(shard)) + 1;
    while ((await countOf(shard)) < before) await checkpointer.pass();
  }
  await writer.close();
}

const countOf = async (shard: number): Promise<number> =>
  Number((await shards.owner(shard).query('SELECT count(*) FROM checkpoints')).rows[0].count);

function anchorerOn(shard: number, place: AnchorPlace, options: Partial<AnchorerOptions> = {}) {
  const failures: unknown[] = [];
  const pool = shards.posting(shard);
  const onFailure = (error: unknown) => failures.push(error);
  const made = new Anchorer({ pool, barrier: new Barrier(pool), place, onFailure, ...options });
  return { anchorer: made, failures };
}
/** Anchors all there is, in a process that ends then. */
async function anchor(shard: number, place: AnchorPlace): Promise<void> {
  const { anchorer } = anchorerOn(shard, place);
  try {
    while (await anchorer.pass(forever));
  } finally {
    await anchorer.close();
  }
}
const fileIn = (dir: string, shard: number): AnchorFile => new AnchorFile(anchorFile(dir, shard));
const topicOf = (shard: number, options = kafkaOptions): AnchorTopic =>
  new AnchorTopic({ kafkaOptions: options, cluster: shards.name, shard, shards: 2 });
const linesIn = (dir: string, shard: number): string[] =>
  readFileSync(anchorFile(dir, shard), 'utf8').split('\n').slice(0, -1);
const numbersIn = (texts: readonly string[]): number[] =>
  texts.map((text) => JSON.parse(text).checkpoint.number);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Publishes what the shards have, and audits it with everything the auditor has but, maybe, anchors. */
async function audit(...sources: readonly AnchorSource[]) {
  const relays = [0, 1].map((shard) => relayOn(shards, shard));
  try {
    const anchors: { anchors?: readonly AnchorTable[] } =
      sources.length === 0 ? {} : { anchors: await readAnchors(sources) };
    const { shardUrls, name } = shards;
    return await replay({ source: kafkaSource(kafkaOptions, name, 5_000), shardUrls, trust, ...anchors });
  } finally {
    await Promise.all(relays.map((relay) => relay.stop()));
  }
}

describe('anchors in a file', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(folder, 'files-'));
  });

  it('are the shard’s checkpoints, one a line, each once and in order, also after an absence', async () => {
    await anchor(0, fileIn(dir, 0));
    const before = linesIn(dir, 0);
    await grow(0, 2);
    await anchor(0, fileIn(dir, 0));
    await anchor(0, fileIn(dir, 0));
    const lines = linesIn(dir, 0);
    expect(numbersIn(lines)).toEqual(upTo(await countOf(0)));
    expect(lines.slice(0, before.length)).toEqual(before);
    const events = (await eventTexts(shards, 0)).map((text) => JSON.parse(text));
    for (const { sequence, checkpoint, signature, public: key } of lines.map((text) => JSON.parse(text))) {
      expect(events[sequence - 1].data).toEqual({ checkpoint, signature });
      expect(key).toBe(signer.key.public);
    }
    expect(await readAnchors([folderOfAnchors(dir)])).toMatchObject([{ shard: 0, count: lines.length }]);
  });

  it('are whole again after a crash at any byte of a write', async () => {
    await anchor(0, fileIn(dir, 0));
    const whole = readFileSync(anchorFile(dir, 0));
    const ends = [...whole.entries()].flatMap(([at, byte]) => (byte === 0x0a ? [at + 1] : []));
    const half = whole.length - 100;
    for (const cut of [0, 1, ends[0] ?? 0, (ends[0] ?? 0) - 1, (ends[0] ?? 0) + 1, half, whole.length - 1]) {
      truncateSync(anchorFile(dir, 0), cut);
      // What is not whole yet says nothing.
      const table = (await readAnchors([folderOfAnchors(dir)]))[0];
      expect(table?.count, `cut at ${cut}`).toBe(ends.filter((end) => end <= cut).length);
      await anchor(0, fileIn(dir, 0));
      expect(readFileSync(anchorFile(dir, 0)).equals(whole), `cut at ${cut}`).toBe(true);
    }
  });

  it('are not written on to by a node whose shard has other checkpoints, or none of that number', async () => {
    await anchor(0, fileIn(dir, 0));
    const path = anchorFile(dir, 0);
    const text = readFileSync(path, 'utf8');
    const lines = linesIn(dir, 0);
    const { length } = lines;
    for (const [changed, why] of [
      [
        `${lines.slice(0, -1).join('\n')}\n${(lines.at(-1) ?? '').replace(/"sequence":\d+/, '"sequence":1')}\n`,
        `checkpoint ${length} is anchored otherwise`,
      ],
      [
        `${text}${(lines.at(-1) ?? '').replace(`"number":${length}`, `"number":${length + 1}`)}\n`,
        `checkpoint ${length + 1} is anchored otherwise`,
      ],
      [`${text}half a line of something else`, 'half a line'],
      [`${text}no anchor\n`, 'is no anchor'],
    ] as const) {
      writeFileSync(path, changed);
      await grow(0, 1);
      const refused = anchor(0, fileIn(dir, 0));
      await expect(refused).rejects.toThrow(AnchorsDivergedError);
      await expect(refused).rejects.toThrow(why);
      expect(readFileSync(path, 'utf8')).toBe(changed);
    }
  });

  it('are told by name where they do not hold by themselves', async () => {
    await anchor(0, fileIn(dir, 0));
    const lines = linesIn(dir, 0);
    const [one = '', two = '', three = ''] = lines;
    for (const [changed, what] of [
      [[one, three], 'number of anchor 2'],
      [[two], 'number of anchor 1'],
      [[one, two.replace(/"root":"[0-9a-f]{64}"/, `"root":"${'0'.repeat(64)}"`)], 'signature of anchor 2'],
      [
        [one, two.replace(/"public":"[0-9a-f]{64}"/, `"public":"${newSigner().key.public}"`)],
        'key of anchor 2',
      ],
      [['{}'], 'form of anchor 1'],
    ] as const) {
      writeFileSync(anchorFile(dir, 0), `${changed.join('\n')}\n`);
      await expect(readAnchors([folderOfAnchors(dir)])).rejects.toThrow(what);
    }
    // Twice the same says nothing else than once.
    writeFileSync(anchorFile(dir, 0), `${[one, two, one].join('\n')}\n`);
    expect(await readAnchors([folderOfAnchors(dir)])).toMatchObject([{ count: 2 }]);
    rmSync(anchorFile(dir, 0));
    await expect(readAnchors([folderOfAnchors(dir)])).rejects.toThrow('holds no anchors');
  });

  it('of two processes at once are all there, in order', async () => {
    const stop = new AbortController();
    const two = [0, 1].map(() => anchorerOn(0, fileIn(dir, 0), { retryMs: 20 }));
    const running = two.map(({ anchorer }) => anchorer.run(stop.signal));
    await grow(0, 4);
    const wanted = await countOf(0);
    await until('all are anchored', () => new Set(numbersIn(linesIn(dir, 0))).size === wanted);
    stop.abort();
    await Promise.all(running);
    expect((await readAnchors([folderOfAnchors(dir)]))[0]?.count).toBe(wanted);
  });

  it('are all there again where the file or its folder was taken away while a node writes it', async () => {
    const stop = new AbortController();
    const running = anchorerOn(0, fileIn(dir, 0), { retryMs: 20 }).anchorer.run(stop.signal);
    const whole = async (): Promise<boolean> =>
      existsSync(anchorFile(dir, 0)) && linesIn(dir, 0).length === (await countOf(0));
    await until('all are anchored', whole);
    for (const take of [
      () => renameSync(anchorFile(dir, 0), join(dir, 'elsewhere')),
      () => rmSync(dir, { recursive: true }),
    ]) {
      take();
      await grow(0, 1);
      await until('all are anchored anew', whole);
      expect(numbersIn(linesIn(dir, 0))).toEqual(upTo(await countOf(0)));
    }
    stop.abort();
    await running;
  });
});

describe('anchors in a topic', () => {
  const textsOf = (shard: number): Promise<string[]> =>
    readTopic(kafkaOptions, anchorTopic(shards.name), shard);

  it('are there each once, whoever wrote them when, and wait for a broker that is away', async () => {
    const stop = new AbortController();
    const { anchorer, failures } = anchorerOn(1, topicOf(1), { retryMs: 50 });
    const running = anchorer.run(stop.signal);
    await grow(1, 2);
    await until('the first are there', async () => (await textsOf(1)).length === (await countOf(1)));
    // A second one fences the first, which comes back and fences it.
    await anchor(1, topicOf(1));
    await grow(1, 2);
    await until('it has gone on', async () => (await textsOf(1)).length === (await countOf(1)));
    stop.abort();
    await running;
    expect(failures.length).toBeGreaterThan(0);
    const away = anchorerOn(1, topicOf(1, { ...kafkaOptions, brokers: ['127.0.0.1:1'] }));
    await expect(away.anchorer.pass(forever)).rejects.toThrow();
    await grow(1, 1);
    await anchor(1, topicOf(1));
    await anchor(1, topicOf(1));
    expect(numbersIn(await textsOf(1))).toEqual(upTo(await countOf(1)));
  });

  it('are all there again where the topic was made anew while a node writes it', async () => {
    await anchor(1, topicOf(1));
    const stop = new AbortController();
    const running = anchorerOn(1, topicOf(1), { retryMs: 50 }).anchorer.run(stop.signal);
    await grow(1, 1);
    await until('all are there', async () => (await textsOf(1)).length === (await countOf(1)));
    await deleteTopic(kafka, anchorTopic(shards.name));
    await ensureAnchorTopic(kafka, shards.name, 2);
    await grow(1, 1);
    await until('something is there', async () => (await textsOf(1)).length > 0);
    expect(numbersIn(await textsOf(1))[0]).toBe(1);
    await until('all are there anew', async () => (await textsOf(1)).length === (await countOf(1)));
    stop.abort();
    await running;
  });
});

describe('P8: a journal and a shard that were rewritten together, with the key', () => {
  it('pass every other check, and are found by the anchors, by checkpoint and sequence', async () => {
    const dir = mkdtempSync(join(folder, 'fork-'));
    for (const shard of [0, 1]) {
      await anchor(shard, fileIn(dir, shard));
      await anchor(shard, topicOf(shard));
    }
    const honest = await audit(folderOfAnchors(dir), topicOfAnchors(kafkaOptions, shards.name));
    expect(honest).toMatchObject({ clean: true, compared: 'shards', divergences: [] });
    const counts = await Promise.all([0, 1].map(countOf));
    for (const [shard, { signed }] of honest.shards.entries())
      expect(signed.anchored).toEqual({ places: 2, agreed: counts[shard], later: 0 });

    // The fork: from the second checkpoint on, everything went to Mallory, and is signed by the same key.
    const lines = linesIn(dir, 1).map((text) => JSON.parse(text));
    const [, two, three] = lines;
    await cutBack(shards, 1, two.sequence);
    await grow(1, lines.length, 'mallory');
    await emptyJournal(kafka, shards.name, 2);
    const forged = await audit();
    expect(forged).toMatchObject({ clean: true, compared: 'shards', divergences: [] });
    expect(forged.shards[1]?.signed).toMatchObject({ trusted: true, checkpoints: lines.length + 2 });
    expect(await readJournal(kafkaOptions, shards.name, 1)).toEqual(await eventTexts(shards, 1));

    for (const source of [folderOfAnchors(dir), topicOfAnchors(kafkaOptions, shards.name)]) {
      const found = await audit(source);
      const { sequence, checkpoint } = three;
      expect(found).toMatchObject({ clean: false, divergences: [{ shard: 1, seq: sequence }] });
      const [{ what, expected } = { what: '', expected: '' }] = found.divergences;
      const name = `checkpoint 3 (events ${checkpoint.first} to ${checkpoint.last}), anchored in ${source.place}`;
      expect(what).toBe(`hash of ${name}`);
      expect(expected).toBe(checkpoint.hash);
      expect(renderReport(found)).toContain(`DIVERGENCE shard 1, sequence ${sequence}: hash of ${name}`);
    }
    // The forged shard's own node notices too, as soon as it looks.
    for (const place of [fileIn(dir, 1), topicOf(1)])
      await expect(anchor(1, place)).rejects.toThrow(AnchorsDivergedError);

    // Cut back and left there: shard and topic agree, and end too early.
    await cutBack(shards, 1, two.sequence);
    await emptyJournal(kafka, shards.name, 2);
    expect(await audit()).toMatchObject({ clean: true });
    const last = lines.at(-1);
    expect((await audit(folderOfAnchors(dir))).divergences).toMatchObject([
      { shard: 1, what: 'journal', expected: `events up to ${last.sequence}, the last anchored checkpoint` },
    ]);
    // Grown again without a signature: the checkpoint is missing.
    const tenant = tenants[1] as CompactTenant;
    const writer = shards.writer(1);
    for (let n = 0; n < last.sequence; n += 1) {
      const post = tenant.post(`unsigned ${n}`, tenant.account('alice'), tenant.account('bob'), 1n);
      await writer.submit(post, TEST_ORIGIN);
    }
    await writer.close();
    expect((await audit(folderOfAnchors(dir))).divergences).toMatchObject([
      {
        shard: 1,
        seq: three.sequence,
        what: expect.stringContaining('checkpoint 3 (events'),
        expected: 'in the journal as it is anchored',
        found: 'none',
      },
    ]);
  }, 120_000);

  it('an anchor that is forged, with or without the key, is found', async () => {
    const dir = mkdtempSync(join(folder, 'forged-'));
    await anchor(0, fileIn(dir, 0));
    const lines = linesIn(dir, 0);
    const { checkpoint, ...rest } = JSON.parse(lines.at(-1) ?? '');
    const thief = newSigner();
    const told = { ...checkpoint, key: thief.key.id };
    const signature = thief.sign('checkpoint', told);
    const forged = JSON.stringify({ ...rest, checkpoint: told, signature, public: thief.key.public });
    writeFileSync(anchorFile(dir, 0), `${[...lines.slice(0, -1), forged].join('\n')}\n`);
    const { divergences } = await audit(folderOfAnchors(dir));
    expect(divergences).toMatchObject([
      { shard: 0, seq: rest.sequence, what: expect.stringContaining(`checkpoint ${lines.length} (events`) },
    ]);
    // Of a shard that is not there.
    writeFileSync(join(dir, 'shard-2.jsonl'), `${forged}\n`);
    await expect(audit(folderOfAnchors(dir))).rejects.toThrow(DivergenceError);
  });

  it('a key that took over signs the anchors from there on, and each line says by which', async () => {
    const dir = mkdtempSync(join(folder, 'rotated-'));
    const { name, shardUrls, controlUrl } = shards;
    const fresh = newSigner();
    const keys = { from: signer, to: fresh, actor: 'operator:test' };
    await rotateKeys({ cluster: name, shardUrls, controlUrl }, keys);
    await grow(0, 2, 'bob', fresh);
    await anchor(0, fileIn(dir, 0));
    const by = linesIn(dir, 0).map((text) => JSON.parse(text).public);
    expect(by.slice(-3)).toEqual([signer, fresh, fresh].map(({ key }) => key.public));
    const report = await audit(folderOfAnchors(dir));
    expect(report).toMatchObject({ clean: true });
    expect(report.shards[0]?.signed.anchored).toMatchObject({ agreed: by.length });
  });
});
