import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAsset } from '../../src/domain/asset.js';
import { accountIdOf, tenantId } from '../../src/domain/ids.js';
import { InvalidSearchError } from '../../src/errors/invalid-search-error.js';
import { instantOf } from '../../src/search/instant.js';
import type { TransferQuery } from '../../src/search/requests.js';
import { balanceStatement, sumStatement } from '../../src/search/sum-query.js';
import { transferStatement } from '../../src/search/transfer-query.js';

const tenant = tenantId('acme');
const account = accountIdOf(7, '0123456789abcdef0123456789abcdef');
const cursor = (...words: readonly string[]): string =>
  Buffer.from(JSON.stringify(words)).toString('base64url');

/** Every table a statement reads, by the name it goes by there. */
const tablesOf = (text: string): string[] =>
  [...text.matchAll(/\b(?:FROM|JOIN) ([a-z_]+)(?: ([a-z])\b)?/g)].map(
    ([, table = '', alias]) => alias ?? table,
  );

describe('P10: every statement names the tenant', () => {
  const query = fc.record(
    {
      reference: fc.string({ unit: 'grapheme-ascii' }),
      account: fc.constant(account),
      status: fc.constant('posted'),
      kind: fc.constant('hold'),
      created: fc.constant({ from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }),
      effective: fc.constant({ to: '2026-01-02T00:00:00Z' }),
      metadata: fc.dictionary(fc.string({ unit: 'grapheme-ascii' }), fc.string({ unit: 'grapheme-ascii' })),
      cursor: fc.constant(cursor('2026-01-02T00:00:00.000Z', account.slice(4))),
      limit: fc.integer({ min: 1, max: 1_000 }),
    },
    { requiredKeys: [] },
  );

  function check({ text, values }: { readonly text: string; readonly values: readonly unknown[] }): void {
    expect(values[0]).toBe(tenant);
    const tables = tablesOf(text);
    expect(tables.length).toBeGreaterThan(0);
    for (const table of tables) expect(text).toMatch(new RegExp(`\\b${table}\\.tenant = \\$1(?![0-9])`));
    expect(text).not.toMatch(/\bOR\b|\bUNION\b/i);
    for (const [, number] of text.matchAll(/\$([0-9]+)/g))
      expect(Number(number)).toBeLessThanOrEqual(values.length);
  }

  it('for each table that it reads, whatever is asked for', () => {
    fc.assert(
      fc.property(query, (asked) => check(transferStatement(tenant, asked as TransferQuery))),
      { numRuns: 500 },
    );
    const asset = parseAsset('EUR');
    if (asset === undefined) throw new Error('EUR is not known');
    check(sumStatement(tenant, { prefix: 'merchants:' }));
    check(sumStatement(tenant, { prefix: 'merchants:', asset, cursor: cursor('CZK/2'), limit: 1 }));
    check(balanceStatement(tenant, account, '2026-01-01T00:00:00Z'));
  });

  it('and what a caller wrote is a value, never part of the text', () => {
    const { text, values } = transferStatement(tenant, { reference: "'; --", metadata: { "x'": '$1' } });
    expect(text).not.toContain("'");
    expect(values).toHaveLength(4);
  });
});

describe('a malformed search is named', () => {
  it.each<[string, () => unknown]>([
    ['limit', () => transferStatement(tenant, { limit: 1_001 })],
    ['limit', () => transferStatement(tenant, { limit: 0 })],
    ['limit', () => sumStatement(tenant, { prefix: '', limit: 1.5 })],
    ['cursor', () => transferStatement(tenant, { cursor: 'nonsense' })],
    ['cursor', () => transferStatement(tenant, { cursor: cursor('2026-01-02T00:00:00.000Z', 'x') })],
    ['cursor', () => transferStatement(tenant, { cursor: cursor('CZK/2') })],
    ['cursor', () => sumStatement(tenant, { prefix: '', cursor: cursor('2026', 'x') })],
    ['created.from', () => transferStatement(tenant, { created: { from: 'yesterday' } })],
    ['effective.to', () => transferStatement(tenant, { effective: { to: '2026-01-01' } })],
    ['at', () => balanceStatement(tenant, account, '2026-13-01T00:00:00Z')],
    ['reference', () => transferStatement(tenant, { reference: 'a\u0000b' })],
    ['metadata', () => transferStatement(tenant, { metadata: { name: '\ud800' } })],
    ['prefix', () => sumStatement(tenant, { prefix: '\u0000' })],
  ])('%s', (field, ask) => {
    let thrown: unknown;
    try {
      ask();
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBeInstanceOf(InvalidSearchError);
    expect(thrown).toMatchObject({ field });
  });
});

describe('an instant', () => {
  it.each([
    ['2026-11-23T14:08:47.123Z', '2026-11-23T14:08:47.123Z'],
    ['2026-11-23t14:08:47z', '2026-11-23T14:08:47.000Z'],
    ['2026-11-23T23:59:59.9999Z', '2026-11-23T23:59:59.999Z'],
    ['2026-11-23T23:30:00-01:00', '2026-11-24T00:30:00.000Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:59.999Z'],
    ['2016-12-31T15:59:60.5-08:00', '2016-12-31T23:59:59.999Z'],
    ['0000-06-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59-01:00', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, instant) => {
    expect(instantOf(text)).toBe(instant);
  });

  it.each([
    '',
    '2026-11-23',
    '2026-11-23T14:08:47',
    '2026-13-01T00:00:00Z',
    'infinity',
    '+010000-01-01T00:00:00Z',
  ])('%j is none', (text) => {
    expect(instantOf(text)).toBeUndefined();
  });

  it('of any time is that time, and sorts as text', () => {
    const times = fc.date({ min: new Date('0001-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(times, times, (a, b) => {
        expect(instantOf(a.toISOString())).toBe(a.toISOString());
        expect(a < b).toBe((instantOf(a.toISOString()) ?? '') < (instantOf(b.toISOString()) ?? ''));
      }),
    );
  });
});
