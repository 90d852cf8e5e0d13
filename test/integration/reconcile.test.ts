import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { exportArchive } from '../../src/audit/archive/export-archive.js';
import { kafkaSource } from '../../src/audit/kafka-source.js';
import type { Reconciliation } from '../../src/audit/reconcile/reconciliation.js';
import type { TransferDetails } from '../../src/domain/transfer.js';
import type { AccountView } from '../../src/routing/views.js';
import { camtBalance, camtEntry, camtFile } from '../support/camt.js';
import { TEST_ORIGIN } from '../support/cluster.js';
import { CZK } from '../support/compact-tenant.js';
import { testKafka } from '../support/journal.js';
import { ended, LedgerDesk, leg } from '../support/ledger-desk.js';
import { type CliAnswer, runCli } from '../support/operator-cli.js';
import { until } from '../support/until.js';

/*
 * P8 for what an outside party says: what really moved an account, on one shard and across, by transfers, holds that were
 * captured, and reversals, is found again in the statements that its bank would write of it.
 */
let desk: LedgerDesk;
let folder: string;
let archive: string;
let nostro: AccountView;
let customer: AccountView;
let far: AccountView;
let reversal: string;
let capture: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'saldo-reconcile-'));
  archive = join(folder, 'archive');
  desk = await LedgerDesk.open();
  const { cluster } = desk;
  const { ledger, tenant } = cluster;
  [customer, far] = await Promise.all([cluster.open('customer', 0), cluster.open('far', 1)]);
  const terms = { asset: CZK, limits: { minBalance: null }, reference: 'bank:nostro' };
  const opened = await ledger.intake.openAccount({ tenant, key: 'nostro', ...terms }, TEST_ORIGIN);
  if (opened.kind !== 'opened') throw new Error(JSON.stringify(opened));
  nostro = opened.account;
  const on = (day: string): TransferDetails => ({ effectiveAt: `2026-01-${day}T00:00:00Z` });
  const put = (key: string, legs: ReturnType<typeof leg>[], details: TransferDetails, more = {}) =>
    ledger.intake
      .transfer({ tenant, key, legs, details, ...more }, TEST_ORIGIN, { waitMs: 30_000 })
      .then(ended);
  await put('before', [leg(nostro, customer, 50_000n)], on('01'));
  // Money comes in: the bank credits us, and the account of our money there is debited.
  await put('pay-1', [leg(nostro, customer, 12_340n)], { ...on('05'), reference: 'INV-1' });
  const across = await put('pay-2', [leg(nostro, far, 7_700n)], { ...on('06'), reference: 'INV-2' });
  // One payout of the bank's to three: a batch.
  for (const [n, amount] of [1_100n, 2_200n, 3_300n].entries())
    await put(`out-${n}`, [leg(customer, nostro, amount)], on('07'));
  const legs = [leg(nostro, customer, 900n)];
  const held = await put('hold', legs, { ...on('08'), reference: 'CARD-9' }, { hold: {} });
  const captured = {
    tenant,
    key: 'capture',
    hold: held.id,
    parts: [{ leg: 0, amount: 850n }],
    final: true,
    details: on('08'),
  };
  capture = ended(await ledger.intake.capture(captured, TEST_ORIGIN, { waitMs: 30_000 })).id;
  const back = { tenant, key: 'back', original: across.id, details: on('09') };
  reversal = ended(await ledger.intake.reverse(back, TEST_ORIGIN, { waitMs: 30_000 })).id;
  await put('after', [leg(nostro, customer, 1n)], on('31'));
  let upTo: number[] = [];
  await until('the relays have published it all', async () => {
    const report = await cluster.audit();
    upTo = report.shards.map(({ events }) => events);
    return report.clean && report.inDoubt.length === 0;
  });
  const source = kafkaSource(testKafka().kafkaOptions, cluster.shards.name, 5_000);
  const facts = { cluster: cluster.shards.name, made: new Date(), by: 'saldo test', splitBytes: 20_000 };
  await exportArchive({ source, ...facts, upTo, dir: archive });
});
afterAll(async () => {
  await desk.close();
  rmSync(folder, { recursive: true, force: true });
});

/** `saldo audit reconcile …` as a person runs it. */
const run = (...args: readonly string[]): Promise<CliAnswer> =>
  runCli(['audit', 'reconcile', ...args], { SALDO_CLUSTER: desk.cluster.shards.name });

function written(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
const mirror = (): string[] => ['--account', nostro.id, '--perspective', 'mirror', '--archive', archive];
const JANUARY = ['2026-01-05T00:00:00+01:00', '2026-01-30T23:59:59+01:00'] as const;
const crowns = (xml: string): string => xml.replaceAll('"EUR"', '"CZK"').replaceAll('>EUR<', '>CZK<');
const named = (reference: string): string =>
  `<TxDtls><Refs><EndToEndId>${reference}</EndToEndId></Refs></TxDtls>`;

/** The bank's own account of January: its credits are our debits. */
const bankEntries = (): string[] => [
  camtEntry({ amount: '123.40', side: 'CRDT', date: '2026-01-06', details: named('INV-1') }),
  camtEntry({ amount: '77.00', side: 'CRDT', date: '2026-01-06', details: named('pay-2') }),
  camtEntry({ amount: '66.00', side: 'DBIT', date: '2026-01-08' }),
  camtEntry({ amount: '8.50', side: 'CRDT', date: '2026-01-20', details: named('CARD-9') }),
  camtEntry({ amount: '77.00', side: 'DBIT', date: '2026-01-09', more: '<RvslInd>true</RvslInd>' }),
];
const camt = (entries: readonly string[], closing = '565.90'): string => {
  const balances = [camtBalance('OPBD', '500.00'), camtBalance('CLBD', closing)];
  return crowns(camtFile([{ period: JANUARY, balances, entries }]));
};

describe('saldo audit reconcile', () => {
  it('finds a bank’s camt.053 to be what the account has: by reference, key, batch, hold and day', async () => {
    const file = written('good.xml', camt(bankEntries()));
    const { status, out, err } = await run(file, ...mirror(), '--json');
    expect([status, err]).toEqual([0, '']);
    const found = JSON.parse(out) as Reconciliation;
    expect(found).toMatchObject({
      clean: true,
      period: { from: '2026-01-05', to: '2026-01-30' },
      statement: { lines: 5, contradictions: [] },
      ledger: { entries: 7 },
      unmatched: { statement: [], ledger: [] },
      ambiguous: [],
      balances: {
        opening: { statement: '-500.00', ledger: '-500.00', difference: '0.00' },
        closing: { statement: '-565.90', ledger: '-565.90', difference: '0.00' },
      },
    });
    const told = found.matched.map(({ rule, statement, ledger }) => [
      rule,
      statement.map(({ amount }) => amount).join(),
      ledger.map(({ amount }) => amount).join(),
    ]);
    expect(told).toEqual([
      ['reference', '-123.40', '-123.40'],
      ['reference', '-77.00', '-77.00'],
      ['reference', '-8.50', '-8.50'],
      ['same-day', '77.00', '77.00'],
      ['batch', '66.00', '11.00,22.00,33.00'],
    ]);
    expect(found.matched[2]?.ledger[0]?.transfer).toBe(capture);
    expect(found.matched[3]?.ledger[0]?.transfer).toBe(reversal);
    expect(found.matched[1]?.ledger[0]?.counterparties).toEqual([far.id]);
  });

  it('finds the same from Kafka, and by the name of the account', async () => {
    const file = written('kafka.xml', camt(bankEntries()));
    const kafka = ['--kafka', inject('stack').kafkaBrokers.join(','), '--patience', '5'];
    const account = ['--account', 'acme/bank:nostro', '--perspective', 'mirror'];
    const { status, out, err } = await run(file, ...account, ...kafka);
    expect([status, err]).toEqual([0, '']);
    expect(out).toContain('Matched 5 lines with 7 entries: 3 by reference, 1 by same-day, 1 by batch');
    expect(out).toContain('RECONCILED: every line has its entry');
  });

  it('names what is missing on either side, what changed, and the balances that differ', async () => {
    const entries = bankEntries();
    const fee = camtEntry({
      amount: '3.00',
      side: 'DBIT',
      date: '2026-01-30',
      more: '<NtryRef>FEE</NtryRef>',
    });
    const spoiled = [
      entries[0] ?? '',
      ...entries.slice(2, 4),
      (entries[4] ?? '').replace('77.00', '78.00'),
      fee,
    ];
    const { status, out } = await run(written('bad.xml', camt(spoiled, '484.90')), ...mirror());
    expect(status).toBe(1);
    const text = out.replace(/ +\n/g, '\n');
    expect(text).toMatch(
      /Only on the statement\n {2}Document\/BkToCstmrStmt\/Stmt\/Ntry\[4\] {2}2026-01-09 {2}78\.00 {2}reversal\n/,
    );
    expect(text).toMatch(/Ntry\[5\] {2}2026-01-30 {2}3\.00 {2}FEE\n/);
    expect(text).toMatch(
      /Only in the ledger\n {2}tr_[0-9a-f]+ {2}entry \d+ {2}2026-01-06 {2}-77\.00 {2}INV-2\n/,
    );
    expect(text).toContain(`${reversal}  entry`);
    expect(text).toMatch(/difference │ +0\.00 │ +81\.00 │/);
    expect(text).toContain('NOT RECONCILED.');
  });

  it('finds a CSV statement the right way round only', async () => {
    // The customer's own statement, by us: a credit is a credit.
    const rows = [
      '2026-01-05,123.40,INV-1',
      '2026-01-07,-11.00,',
      '2026-01-07,-22.00,',
      '2026-01-07,-33.00,',
      '2026-01-08,8.50,CARD-9',
    ];
    const file = written('customer.csv', `date,amount,reference\n${rows.join('\n')}\n`);
    const columns = ['date=date', 'amount=amount', 'reference=reference'].flatMap((one) => ['--column', one]);
    const from = ['--from', '2026-01-02', '--to', '2026-01-30', '--opening', '500', '--closing', '565.90'];
    const account = ['--account', customer.id, '--archive', archive, ...columns, ...from];
    expect(await run(file, ...account, '--perspective', 'same')).toMatchObject({ status: 0, err: '' });
    expect(await run(file, ...account, '--perspective', 'mirror')).toMatchObject({ status: 1 });
  });

  it('refuses what it can not do, says why, and prints nothing else', async () => {
    const good = written('refused.xml', camt(bankEntries()));
    const malformed = written('malformed.xml', camt(bankEntries()).replace('66.00', '66,00'));
    const csv = written('malformed.csv', 'date,amount\n2026-01-05,1.00\n2026-01-06,x\n');
    const settings = written('settings.yaml', 'rules: [ { name: a, match: one_to_one } ]');
    const euros = written('euros.xml', camt(bankEntries()).replaceAll('CZK', 'EUR'));
    const columns = ['--column', 'date=date', '--column', 'amount=amount'];
    const refused: readonly (readonly [readonly string[], string | RegExp])[] = [
      [
        [malformed, ...mirror()],
        `${malformed}, Document/BkToCstmrStmt/Stmt/Ntry[3]/Amt: "66,00" is no amount`,
      ],
      [[csv, ...columns, ...mirror()], `${csv}, line 3: column "amount" has no amount: "x"`],
      [[csv, ...mirror()], 'its columns are not said'],
      [[euros, ...mirror()], 'it is in EUR, and the account in CZK'],
      [[good, ...mirror(), '--config', settings], 'rules (a): an amount alone is no match'],
      [[good, '--account', nostro.id, '--archive', archive], /required option '--perspective/],
      [[good, ...mirror(), '--perspective', 'other'], /Allowed choices are same, mirror/],
      [[good, ...mirror(), '--from', '2026-02-30'], /A day, as YYYY-MM-DD/],
      [
        [good, ...mirror(), '--account', 'acc_00000000000000000000000000000000'],
        'the journal has no such account',
      ],
      [[join(folder, 'none.xml'), ...mirror()], 'no such file'],
    ];
    const ran = await Promise.all(refused.map(([args]) => run(...args)));
    for (const [i, { status, out, err }] of ran.entries()) {
      expect(err).toMatch(refused[i]?.[1] ?? '');
      expect({ status, out }).toEqual({ status: 2, out: '' });
    }
  });
});
