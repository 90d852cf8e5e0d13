import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, inject, it, vi } from 'vitest';
import { divergenceOf } from '../../src/audit/divergence.js';
import { linesFrom } from '../../src/audit/event-lines.js';
import { ShardAudit } from '../../src/audit/shard-audit.js';
import { journalOf } from '../benchmark/journal/make-journal.js';
import { rechained } from '../support/signed-journal.js';
import { someJournal } from '../support/some-journal.js';

const times = inject('runsTimes') ?? 1;
const folder = mkdtempSync(join(tmpdir(), 'saldo-posted-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const isOpening = (text: string): boolean => text.includes('saldo.account.opened');
const POSTED = '"type":"saldo.transfer.posted"';
/** Transfers with claims of their own digits, of others, with none; accounts with limits, marks, frozen, of two tenants and three assets. */
const JOURNALS = [
  ...[1, 2, 3, 4, 5, 6].map((seed) => someJournal(seed)),
  ...[0, 1].map((shard) =>
    [...journalOf({ cluster: 'made', shards: 2, operations: 400, accounts: 12 }, shard)].flat(),
  ),
];
const shardOf = (texts: readonly string[]): number => Number(/"shard":"(\d+)"/.exec(texts[0] ?? '')?.[1]);

/** Everything that an audit found, knows and has noted. */
function all(audit: ShardAudit, found: unknown) {
  const { report, cluster, recorded } = audit.outcome();
  const { marks, facts } = recorded;
  return {
    found,
    report,
    cluster,
    time: audit.chain.time,
    accounts: [...audit.books.accounts],
    marks: marks.memory.map(({ buffer, count }) => Buffer.from(buffer, 0, count * 56).toString('hex')),
    facts: facts.memory,
  };
}

async function byTexts(texts: readonly string[], until: string | undefined) {
  const audit = new ShardAudit(shardOf(texts), { upTo: texts.length, folder, ...(until ? { until } : {}) });
  const found = await divergenceOf(() => audit.take(texts));
  return all(audit, found);
}

/** The same, so many at a time. */
async function byBytes(texts: readonly string[], until: string | undefined, size: number) {
  const audit = new ShardAudit(shardOf(texts), { upTo: texts.length, folder, ...(until ? { until } : {}) });
  const found = await divergenceOf(async () => {
    for (let i = 0; i < texts.length; i += size)
      audit.takeLines(linesFrom(texts.slice(i, i + size).map((text) => Buffer.from(text))));
  });
  return all(audit, found);
}

const LIMIT = /("(?:min|max)_balance":)"-?\d+"/;
const DIGITS = /\d+/g;
/** A character more, less or another; a number one more or less; what one event says, said by another. */
const changes = fc.oneof(
  fc.record({ kind: fc.constant('character' as const), where: fc.nat(), code: fc.nat(0x7f), cut: fc.nat(3) }),
  fc.record({ kind: fc.constant('number' as const), where: fc.nat(), by: fc.constantFrom(-1, 1, 10 ** 14) }),
  fc.record({ kind: fc.constant('piece' as const), where: fc.nat(), from: fc.nat(), length: fc.nat(40) }),
);
type Change = typeof changes extends fc.Arbitrary<infer T> ? T : never;

function changed(text: string, change: Change, other: string): string {
  if (change.kind === 'character') {
    const at = change.where % text.length;
    const inserted = String.fromCharCode(change.code).repeat(change.cut % 3);
    return text.slice(0, at) + inserted + text.slice(at + (change.cut > 1 ? 1 : 0));
  }
  if (change.kind === 'number') {
    const found = [...text.matchAll(DIGITS)];
    const { 0: digits = '0', index = 0 } = found[change.where % found.length] ?? {};
    return text.slice(0, index) + (BigInt(digits) + BigInt(change.by)) + text.slice(index + digits.length);
  }
  const at = change.where % text.length;
  return text.slice(0, at) + other.slice(at, at + change.length) + text.slice(at + change.length);
}

describe('P8: plain posted transfers, judged as bytes', () => {
  it('leave what they leave when read as texts, whatever the size of a piece', async () => {
    for (const texts of JOURNALS) {
      const expected = await byTexts(texts, undefined);
      for (const size of [1, 2, 7, texts.length]) {
        expect(await byBytes(texts, undefined, size)).toEqual(expected);
      }
    }
  });

  it('are most of a journal, and are not parsed', async () => {
    const [texts = []] = JOURNALS.slice(-1);
    const plain = texts.filter((text) => text.includes(POSTED) && !text.includes('"reverses"'));
    expect(plain.length).toBeGreaterThan(texts.length / 2);
    const parse = vi.spyOn(JSON, 'parse');
    await byBytes(texts, undefined, 100);
    const parsed = parse.mock.calls.map(([text]) => text);
    parse.mockRestore();
    expect(parsed.filter((text) => plain.includes(text))).toEqual([]);
    expect(parsed).toHaveLength(texts.length - plain.length);
  });

  it('are right or wrong as they are when read as texts, whatever was changed in one', async () => {
    let wrong = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        changes,
        fc.integer({ min: 1, max: 9 }),
        async (which, where, change, size) => {
          const whole = JOURNALS[which % JOURNALS.length] ?? [];
          const plain = whole.flatMap((text, i) => (text.includes(POSTED) ? [i] : []));
          const at = plain[where % plain.length] ?? 0;
          const other = whole[plain[(where + 1) % plain.length] ?? 0] ?? '';
          const texts = rechained(whole.slice(0, at + 3), at, (text) => changed(text, change, other));
          const expected = await byTexts(texts, undefined);
          if (expected.found !== undefined) wrong += 1;
          expect(await byBytes(texts, undefined, size)).toEqual(expected);
        },
      ),
      { numRuns: 1_500 * times },
    );
    expect(wrong).toBeGreaterThan(200);
  });

  it('keep to limits to the last unit', async () => {
    let wrong = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(),
        fc.nat(),
        fc.integer({ min: -60, max: 110 }),
        async (which, where, value) => {
          const texts = JOURNALS[which % 6] ?? [];
          const limited = texts.flatMap((text, i) => (LIMIT.test(text) ? [i] : []));
          const at = limited[where % limited.length] ?? 0;
          const moved = rechained(texts, at, (text) => text.replace(LIMIT, (_, name) => `${name}"${value}"`));
          const expected = await byTexts(moved, undefined);
          if (expected.found !== undefined) wrong += 1;
          expect(await byBytes(moved, undefined, 5)).toEqual(expected);
        },
      ),
      { numRuns: 500 * times },
    );
    expect(wrong).toBeGreaterThan(50);
  });

  it('end where they end, and do not follow what must be followed by something else', async () => {
    const [texts = []] = JOURNALS.slice(-1);
    const isPlain = (text: string | undefined): boolean =>
      text?.includes(POSTED) === true && !text.includes('"reverses"');
    const at = texts.findIndex((text, i) => isPlain(text) && isPlain(texts[i + 1]));
    expect(at).toBeGreaterThan(0);
    for (const change of [
      (text: string) => `${text} `,
      (text: string) => `${text}}`,
      (text: string) => text.slice(0, -1),
      (text: string) => text.replace('"legs":', '"occurrence":{"schedule":"sch_1","number":1},"legs":'),
    ]) {
      const moved = rechained(texts, at, change);
      expect(await byBytes(moved, undefined, 5)).toEqual(await byTexts(moved, undefined));
    }
  });

  it('are not those of accounts and of a cluster whose names are no texts', async () => {
    const [texts = []] = JOURNALS.slice(-1);
    const named = (asset: string, tenant: string, cluster: string) => (text: string) =>
      text
        .replaceAll('"asset":"EUR/2"', `"asset":${asset}`)
        .replaceAll('"tenant":"bench"', `"tenant":${tenant}`)
        .replaceAll('"cluster":"made"', `"cluster":${cluster}`)
        .replaceAll('"/made/', '"/7/')
        // Of another tenant a key has another id.
        .replace(/,"claim":\{.*?\}\}/, '');
    const [asTexts, all] = [named('"7"', '"7"', '"7"'), texts.length];
    expect((await byBytes(rechained(texts.map(asTexts), 0, String), undefined, 9)).found).toBeUndefined();
    for (const [isChanged, change] of [
      [isOpening, named('7', '"7"', '"7"')],
      [isOpening, named('"7"', '7', '"7"')],
      [(text: string) => text.includes('shard.opened'), named('"7"', '"7"', '7')],
    ] as const) {
      const moved = rechained(
        texts.map((text) => (isChanged(text) ? change : asTexts)(text)),
        0,
        String,
      );
      const expected = await byTexts(moved, undefined);
      expect(expected.found).toBeDefined();
      expect(await byBytes(moved, undefined, all)).toEqual(expected);
    }
  });

  it('P4: are claimed under the id of their own key, whatever the home of it', async () => {
    const [texts = []] = JOURNALS.slice(-1);
    const claimed = /("claim":\{"id":")([^"]*)(","namespace":"client","key":")([^"]*)"/;
    const at = texts.findLastIndex((text) => text.includes(POSTED) && claimed.test(text));
    for (const [change, found] of [
      [(_: string, a: string, id: string, b: string, key: string) => `${a}${id}${b}${key}0"`, true],
      [
        (_: string, a: string, id: string, b: string, key: string) => `${a}${id}${b}${key.repeat(200)}"`,
        true,
      ],
      [
        (_: string, a: string, id: string, b: string, key: string) => `${a}${id.slice(0, -1)}_${b}${key}"`,
        true,
      ],
      [
        (_: string, a: string, id: string, b: string, key: string) => `${a}key_fff${id.slice(7)}${b}${key}"`,
        false,
      ],
    ] as const) {
      const changed = rechained(texts.slice(0, at + 1), at, (text) => text.replace(claimed, change));
      const read = await byTexts(changed, undefined);
      expect(await byBytes(changed, undefined, 5)).toEqual(read);
      if (found) expect(read.found).toMatchObject({ seq: at + 1, what: 'id of a claim' });
      else expect(read.found).toBeUndefined();
    }
  });

  it('are read up to a moment, and never go back in time', async () => {
    const [texts = []] = JOURNALS.slice(-1);
    const moments = [...new Set(texts.map((text) => /"time":"([^"]*)"/.exec(text)?.[1] ?? ''))];
    expect(moments.length).toBeGreaterThan(5);
    for (const until of [...moments, '2025-01-01T00:00:00.000Z', '2027-01-01T00:00:00.000Z'])
      expect(await byBytes(texts, until, 3)).toEqual(await byTexts(texts, until));
    const at = texts.length - 5;
    for (const time of [
      '2025-12-31T23:59:59.999Z',
      '2026-01-01T00:00:00.000',
      '2027-01-01T00:00:00.000Z',
      '2027-01-01T00:00:00.0000',
      '2027-01-01 00:00:00.000Z',
      '2027-01-01T00:00+14:0000',
    ]) {
      const moved = rechained(texts, at, (text) => text.replace(/"time":"[^"]*"/, `"time":"${time}"`));
      const found = await byBytes(moved, undefined, 4);
      expect(found).toEqual(await byTexts(moved, undefined));
      const right = time === '2027-01-01T00:00:00.000Z';
      const seq = right ? at + 2 : at + 1;
      expect(found.found, time).toMatchObject({ seq, what: 'time' });
    }
  });
});
