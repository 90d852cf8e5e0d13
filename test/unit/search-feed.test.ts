import { describe, expect, it } from 'vitest';
import type { LedgerEvent } from '../../src/domain/event.js';
import type { AccountId, TransferId } from '../../src/domain/ids.js';
import { accountIdOf, tenantId, transferIdOf } from '../../src/domain/ids.js';
import { UnknownEventError } from '../../src/journal/decode.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { hashOf } from '../../src/journal/hash.js';
import { JOURNAL_START, JournalCursor, JournalFaultError } from '../../src/journal/journal-cursor.js';
import { noChanges } from '../../src/search/changes.js';
import { foldBatch } from '../../src/search/fold.js';
import { rowsOf } from '../../src/search/rows.js';
import { CZK } from '../support/compact-tenant.js';

const tenant = tenantId('acme');
const hex = '0123456789abcdef0123456789abcdef';
const [debit, credit] = [accountIdOf(1, hex), accountIdOf(2, hex)];
const transfer = transferIdOf(1, hex);
const TIME = '2026-11-23T14:08:47.123Z';

const posted = (details: { effectiveAt?: string; reference?: string } = {}, id = transfer): LedgerEvent => ({
  type: 'transfer.posted',
  tenant,
  transfer: id,
  details,
  legs: [{ debit, credit, amount: 5n, asset: CZK }],
  entries: [],
});

/** A shard's journal with these events. */
function journalOf(events: readonly LedgerEvent[], shard = 0, cluster = 'test'): string[] {
  let prev = JOURNAL_START.hash;
  return events.map((event, index) => {
    const at = { cluster, shard, seq: index + 1, time: TIME, prev };
    const text = encodeEvent(event, { actor: 'system:test' }, at);
    prev = hashOf(text);
    return text;
  });
}

const cursor = (): JournalCursor => new JournalCursor('test', 0, JOURNAL_START);
const fold = (...events: LedgerEvent[]) =>
  foldBatch(0, cursor().take(journalOf(events)).events, { transfers: new Map(), parts: new Map() });

describe('P7: the journal is taken in once, in order, and whole', () => {
  const texts = journalOf(Array.from({ length: 6 }, () => posted()));

  it('whatever is repeated', () => {
    const taking = cursor();
    const taken = [texts.slice(0, 3), texts.slice(1, 4), texts, texts].flatMap(
      (some) => taking.take(some).events,
    );
    expect(taken.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(taking.at).toEqual({ seq: 6, hash: hashOf(texts[5] ?? '') });
  });

  it.each<[string, number, string[]]>([
    ['a gap', 2, [...texts.slice(0, 2), ...texts.slice(3)]],
    ['two events swapped', 1, [texts[0] ?? '', texts[2] ?? '', texts[1] ?? '']],
    [
      'another journal’s event',
      1,
      [texts[0] ?? '', journalOf([posted({ reference: 'x' }), posted()])[1] ?? ''],
    ],
    ['another shard’s event', 0, journalOf([posted()], 1)],
    ['another cluster’s event', 0, journalOf([posted()], 0, 'other')],
  ])('and %s stops it there', (_name, sound, wrong) => {
    const taking = cursor();
    const { events, fault } = taking.take(wrong);
    expect(fault).toBeInstanceOf(JournalFaultError);
    expect([events.length, taking.at.seq]).toEqual([sound, sound]);
  });

  it('and what is no event of this release stops it there', () => {
    const [first = '', second = ''] = texts;
    const newer = second.replace('"schemaversion":1', '"schemaversion":9');
    expect(cursor().take([first, newer])).toMatchObject({
      events: [{ seq: 1 }],
      fault: expect.any(UnknownEventError),
    });
    expect(cursor().take([first, '{'])).toMatchObject({
      events: [{ seq: 1 }],
      fault: expect.any(SyntaxError),
    });
  });
});

describe('what an event changes', () => {
  it('counts when the caller says it does, or else when it was posted', () => {
    const at = (details: { effectiveAt?: string }) =>
      fold(posted(details)).progress.get(transfer)?.effectiveAt;
    expect(at({})).toBe(TIME);
    expect(at({ effectiveAt: '2020-01-01T00:00:00+02:00' })).toBe('2019-12-31T22:00:00.000Z');
    expect(() => at({ effectiveAt: 'soon' })).toThrow(/^event 0-1 has soon for a time/);
  });

  it('is stored though Postgres has no place for some of its text', () => {
    const changes = fold(posted({ reference: 'a\u0000b\ud800' }));
    expect(rowsOf(changes).inserted).toMatchObject([{ reference: 'a\uFFFDb\uFFFD' }]);
  });

  it('is nothing for a cancel that came before any try, and for what ends without having begun it stops', () => {
    const canceled = (tombstone: boolean): LedgerEvent => ({
      type: 'transfer.canceled',
      tenant,
      transfer,
      coordinator: 0,
      reason: { code: 'operator' },
      entries: [],
      tombstone,
    });
    expect(fold(canceled(true))).toEqual(noChanges());
    expect(() => fold(canceled(false))).toThrow(JournalFaultError);
  });

  it('of a saga is its coordinator’s to say: a participant’s part leaves no transfer, but when it counts', () => {
    const counters = { debitsPosted: 0n, creditsPosted: 0n, debitsPending: 0n, creditsPending: 0n };
    const entry = (account: AccountId, version: number, after: Partial<typeof counters>) => ({
      account,
      version,
      before: counters,
      after: { ...counters, ...after },
    });
    const saga: { tenant: typeof tenant; transfer: TransferId } = { tenant, transfer };
    const legs = [{ debit, credit, amount: 5n, asset: CZK }];
    const details = { effectiveAt: '2020-01-01T00:00:00Z' };
    const tried = {
      type: 'transfer.tried',
      ...saga,
      coordinator: 1,
      details,
      legs,
      entries: [entry(credit, 1, { creditsPending: 5n })],
    } as const;
    const confirmed = {
      type: 'transfer.confirmed',
      ...saga,
      entries: [entry(credit, 2, { creditsPosted: 5n })],
    } as const;
    const changes = fold(tried, confirmed);
    expect([changes.created.size, changes.progress.size, changes.begun.size, changes.over.size]).toEqual([
      0, 0, 0, 0,
    ]);
    expect(changes.entries).toEqual([
      {
        tenant,
        account: credit,
        version: 2,
        effectiveAt: '2020-01-01T00:00:00.000Z',
        debits: 0n,
        credits: 5n,
      },
    ]);
    const rejection = { code: 'insufficient_funds', account: credit } as const;
    const rejected = {
      type: 'transfer.rejected',
      ...saga,
      step: 'try',
      coordinator: 1,
      legs,
      rejection,
    } as const;
    expect(fold(rejected)).toEqual(noChanges());
  });
});
