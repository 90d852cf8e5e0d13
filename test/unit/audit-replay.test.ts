import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hashOf } from '../../src/audit/chain.js';
import { countOf } from '../../src/audit/count.js';
import { divergenceOf } from '../../src/audit/divergence.js';
import { checkMarks } from '../../src/audit/marks/check-marks.js';
import { BACK, CLAIM, FIRST, MOVED } from '../../src/audit/marks/mark.js';
import { MarkWriter } from '../../src/audit/marks/mark-writer.js';
import { replay } from '../../src/audit/replay.js';
import { ShardAudit } from '../../src/audit/shard-audit.js';
import { someJournal } from '../support/some-journal.js';

const folder = mkdtempSync(join(tmpdir(), 'saldo-marks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const sourceOf = (...journals: readonly (readonly string[])[]) => ({
  holds: journals.map((texts) => texts.length),
  async *read(shard: number) {
    yield journals[shard] ?? [];
  },
  last: async (shard: number) => journals[shard]?.at(-1),
});

/** The event as the next of a journal: its sequence, and the hash of the one before. */
function chained(text: string, before: readonly string[]): string {
  const seq = before.length + 1;
  const last = before.at(-1);
  return text
    .replace(/"prev":"[0-9a-f]{64}"/, `"prev":"${last === undefined ? '0'.repeat(64) : hashOf(last)}"`)
    .replace(/"sequence":"\d+"/, `"sequence":"${String(seq).padStart(16, '0')}"`)
    .replace(/"id":"(\d)-\d+"/, `"id":"$1-${seq}"`);
}

function grown(texts: readonly string[], ...more: readonly string[]): string[] {
  const all = [...texts];
  for (const text of more) all.push(chained(text, all));
  return all;
}

/** What one shard's journal says by itself: those of the kernel's random commands have steps of sagas that no other shard knows. */
async function firstFault(texts: readonly string[]) {
  const audit = new ShardAudit(0, { upTo: texts.length, folder });
  const read = await divergenceOf(() => audit.take(texts));
  const marked = checkMarks([audit.outcome().recorded.marks]).shards.get(0);
  return (marked?.seq ?? texts.length + 1) < (read?.seq ?? texts.length + 1) ? marked : read;
}

const UNKNOWING = /"type":"saldo\.(schedule\.created|signing_key\.added|checkpoint\.signed)"/;

/** Of random commands, up to one that only an intake can make right: it knows a schedule's legs, and holds the key that signs. */
const journals = (seeds: number): string[][] =>
  Array.from({ length: seeds }, (_, seed) => {
    const texts = someJournal(seed + 1);
    const end = texts.findIndex((text) => UNKNOWING.test(text));
    return end < 0 ? texts : texts.slice(0, end);
  });

describe('P8: a replay of the journal alone', () => {
  it('finds the journals of the kernel right, whatever was asked of it', async () => {
    const whole = journals(60);
    expect(whole.flat().length).toBeGreaterThan(1_000);
    for (const texts of whole) expect(await firstFault(texts)).toBeUndefined();
  });

  it('P4: finds a key that is claimed a second time, and a second first step of a transfer, however far apart', async () => {
    const whole = journals(60);
    for (const [type, what] of [
      ['saldo.key.claimed', /^key key_/],
      ['saldo.transfer.rejected', /^step|^key key_/],
      ['saldo.account.change_rejected', /^step|^key key_/],
    ] as const) {
      const of = (texts: readonly string[]) => texts.find((text) => text.includes(`"type":"${type}"`));
      const texts = whole.find((one) => of(one) !== undefined) ?? [];
      const fault = await firstFault(grown(texts, of(texts) ?? ''));
      expect(fault, type).toMatchObject({
        shard: 0,
        seq: texts.length + 1,
        what: expect.stringMatching(what),
      });
    }
  });

  it('P1: finds entries where nothing moves: of an event that has none, and of a step that names no transfer', async () => {
    const whole = journals(60);
    const entry = (text: string) => JSON.parse(text).data.entries?.[0];
    for (const type of [
      'account.opened',
      'account.changed',
      'account.change_rejected',
      'key.claimed',
      'transfer.rejected',
      'transfer.posted',
    ]) {
      const at = (texts: readonly string[]) =>
        texts.findIndex(
          (text, i) => text.includes(`"type":"saldo.${type}"`) && texts.slice(0, i).some(entry),
        );
      const texts = whole.find((one) => at(one) >= 0) ?? [];
      const before = texts.slice(0, at(texts));
      const { account, version, after } = entry(before.findLast(entry) ?? '');
      const credited = [after[0], `${BigInt(after[1]) + 1_000_000n}`, after[2], after[3]];
      const { data, ...event } = JSON.parse(texts[before.length] ?? '');
      const { transfer, claim, ...rest } = data;
      const told = type === 'transfer.posted' ? rest : data;
      const entries = [{ account, version: version + 1, before: after, after: credited }];
      const forged = grown(before, JSON.stringify({ ...event, data: { ...told, entries } }));
      expect(await firstFault(forged), type).toMatchObject({
        seq: forged.length,
        what: 'entries',
        expected: 'none',
        found: `those of saldo.${type}`,
      });
    }
  });

  it.each(['confirmed', 'canceled'])(
    'P6: finds legs that the end of a try has of its own: %s',
    async (end) => {
      const type = `"type":"saldo.transfer.${end}"`;
      const texts = journals(60).find((one) => one.some((text) => text.includes(type))) ?? [];
      const at = texts.findIndex((text) => text.includes(type));
      const told = (texts[at] ?? '').replace('"data":{', '"data":{"legs":[],');
      expect(await firstFault([...texts.slice(0, at), told])).toMatchObject({ seq: at + 1, what: 'legs' });
    },
  );

  it('finds a shard that says a second time what it is', async () => {
    const [texts = []] = journals(1);
    const again = (texts[0] ?? '').replace('[[0,4095]]', '[[0,1]]');
    expect(await firstFault(grown(texts, again))).toMatchObject({ seq: texts.length + 1, what: 'event' });
  });

  it('finds a shard that is of another cluster than those before it', async () => {
    const opened = journals(1)[0]?.[0] ?? '';
    const second = opened
      .replace('/shards/0', '/shards/1')
      .replace('"shard":"0"', '"shard":"1"')
      .replace('"id":"0-', '"id":"1-');
    const other = second.replaceAll('"cluster":"test"', '"cluster":"best"').replace('/test/', '/best/');
    expect((await replay({ source: sourceOf([opened], [second]) })).divergences).toEqual([]);
    expect((await replay({ source: sourceOf([opened], [other]) })).divergences).toMatchObject([
      { shard: 1, seq: 1, what: 'cluster', expected: 'test', found: 'best' },
    ]);
  });

  it('P4: finds a key that is claimed a second time under another id', async () => {
    const texts = journals(60).find((one) => one.some((text) => text.includes('saldo.key.claimed'))) ?? [];
    const claimed = texts.find((text) => text.includes('saldo.key.claimed')) ?? '';
    const again = claimed.replace(/key_.{32}/, (id) => `key_${hashOf(id).slice(0, 32)}`);
    expect(await firstFault(grown(texts, again))).toMatchObject({
      seq: texts.length + 1,
      what: 'id of a claim',
    });
  });

  it('P4: finds a key that two shards claim, and says so only where both journals hold', async () => {
    const texts = journals(60).flat();
    const [opened = '', claimed = ''] = ['shard.opened', 'key.claimed'].map(
      (type) => texts.find((text) => text.includes(`"type":"saldo.${type}"`)) ?? '',
    );
    const onShard = (shard: number): string[] =>
      grown(
        [],
        ...[opened, claimed].map((text) =>
          text
            .replace('/shards/0', `/shards/${shard}`)
            .replace('"shard":"0"', `"shard":"${shard}"`)
            .replace('"id":"0-', `"id":"${shard}-`),
        ),
      );
    const both = [onShard(0), onShard(1)];
    const { divergences } = await replay({ source: sourceOf(...both) });
    expect(divergences).toMatchObject([
      { shard: 1, what: expect.stringMatching(/^key key_/), expected: 'one claim' },
    ]);
  });
});

describe('marks', () => {
  const digits = (n: number): string => hashOf(String(n)).slice(0, 32);
  const leg = (index: number, debit: number, credit: number, amount: string) => ({
    index,
    debit,
    credit,
    amount: countOf(amount),
  });

  it.each([
    ['in memory', 1_000_000],
    ['in a file', 20_000],
  ])('tell what stands twice, and reversals of too much, %s', (_where, inMemory) => {
    const big = (2n ** 100n).toString();
    const writers = [0, 1].map((shard) => new MarkWriter({ shard, folder, inMemory }));
    const [one, two] = writers;
    for (let n = 0; n < 100_000; n += 1)
      one?.add(digits(n), FIRST | CLAIM | MOVED, n + 1, leg(0, 7, 8, '100'));
    // A transfer of three legs, moved back in part, then too much of it.
    for (const i of [0, 1, 2])
      one?.add(digits(-1), i === 0 ? FIRST | MOVED : MOVED, 200_000, leg(i, i, i + 1, big));
    one?.add(digits(-1), BACK, 200_001, leg(2, 3, 2, big));
    one?.add(digits(5), BACK, 200_002, leg(0, 8, 7, '60'));
    one?.add(digits(5), BACK, 200_003, leg(0, 8, 7, '41'));
    // The same transfer in another shard is no second step there; a key's second claim is one.
    two?.add(digits(6), FIRST, 1);
    two?.add(digits(99), CLAIM, 2);
    two?.add(digits(-7), FIRST, 3);
    two?.add(digits(-7), FIRST, 4);
    expect(one?.add('0'.repeat(31), FIRST, 1)).toBe(false);
    const faults = checkMarks(writers.map((writer) => writer.end()));
    expect([...faults.shards.values()]).toMatchObject([
      { shard: 1, seq: 4, what: 'step' },
      { shard: 0, seq: 200_003, what: 'reversal', expected: 'at most 40', found: '41' },
    ]);
    expect(faults.between).toMatchObject({ shard: 1, seq: 2, what: `key key_${digits(99)}` });
  });

  it.each([
    ['in memory', 1_000_000],
    ['in a file', 20_000],
  ])('tell that a key was claimed in two buckets: it has one home, %s', (_where, inMemory) => {
    const elsewhere = (id: string): string => `${id.startsWith('fff') ? '000' : 'fff'}${id.slice(3)}`;
    const another = (id: string): string => id.replace(/.$/, (last) => (last === '0' ? '1' : '0'));
    const own = mkdtempSync(join(folder, 'homes-'));
    const writers = [0, 1].map((shard) => new MarkWriter({ shard, folder: own, inMemory }));
    const [one, two] = writers;
    for (let n = 0; n < 50_000; n += 1) one?.add(digits(n), FIRST | CLAIM, n + 1);
    // Of what a key makes, two shards have steps; and another key's hash is another.
    two?.add(elsewhere(digits(5)), FIRST, 1);
    two?.add(another(digits(6)), CLAIM, 2);
    two?.add(elsewhere(digits(7)), CLAIM, 3);
    const { shards, between } = checkMarks(writers.map((writer) => writer.end()));
    expect(shards.size).toBe(0);
    expect(between).toMatchObject({
      shard: 1,
      seq: 3,
      what: `key key_${elsewhere(digits(7))}`,
      found: `one at sequence 8 of shard 0, as key_${digits(7)}, and another`,
    });
  });
});
