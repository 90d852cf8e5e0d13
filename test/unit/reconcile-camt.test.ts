import { describe, expect, it } from 'vitest';
import { type CamtOptions, readCamt } from '../../src/audit/reconcile/camt/read-camt.js';
import { settle } from '../../src/audit/reconcile/settle.js';
import { camtBalance, camtEntry, camtFile } from '../support/camt.js';

const read = (xml: string, options: Partial<CamtOptions> = {}) =>
  readCamt(Buffer.from(xml), { batches: 'split', ...options });
const one = (entry: string, version = '08') => read(camtFile([{ entries: [entry] }], version)).lines;

describe('a camt.053 statement', () => {
  it.each(['02', '03', '04', '05', '06', '07', '08'])('of version .%s is read', (version) => {
    const details = `<TxDtls><Refs><AcctSvcrRef>B7</AcctSvcrRef><EndToEndId>E2E-1</EndToEndId></Refs>
      <RltdPties><Dbtr>${version === '08' ? '<Pty><Nm>Jan Nov&#225;k</Nm></Pty>' : '<Nm>Jan Nov&#225;k</Nm>'}</Dbtr>
      <DbtrAcct><Id><IBAN>DE1</IBAN></Id></DbtrAcct><Cdtr><Nm>Us</Nm></Cdtr></RltdPties>
      <RmtInf><Ustrd>Invoice 17 &amp;</Ustrd><Ustrd>18</Ustrd><Strd><CdtrRefInf><Ref>RF18</Ref></CdtrRefInf></Strd></RmtInf></TxDtls>`;
    const entry = { amount: '12.30', side: 'CRDT', more: '<NtryRef>N1</NtryRef>', details } as const;
    const xml = camtFile(
      [
        {
          period: ['2026-01-01T00:00:00+01:00', '2026-01-31T23:59:59+01:00'],
          balances: [
            camtBalance('OPBD', '100.00'),
            camtBalance('CLBD', '112.30'),
            camtBalance('CLAV', '1.00'),
          ],
          entries: [camtEntry(entry, version === '08' ? '08' : '02')],
        },
      ],
      version,
    );
    expect(read(xml)).toEqual({
      format: 'camt.053',
      id: 'S1',
      account: 'CZ6508000000192000145399',
      currency: 'EUR',
      from: '2026-01-01',
      to: '2026-01-31',
      opening: '100',
      closing: '112.3',
      lines: [
        {
          at: 'Document/BkToCstmrStmt/Stmt/Ntry',
          date: '2026-01-05',
          amount: '12.3',
          references: ['N1', 'B7', 'E2E-1', 'RF18'],
          counterparties: ['Jan Novák', 'DE1'],
          text: 'Invoice 17 & 18',
        },
      ],
      leftOut: 0,
      contradictions: [],
    });
  });

  it('with a namespace’s prefix, comments, CDATA and another encoding is read', () => {
    const xml = camtFile([
      {
        entries: [
          camtEntry({
            amount: '1.00',
            side: 'DBIT',
            details: '<TxDtls><RmtInf><Ustrd><![CDATA[M\u00fcller <1>]]></Ustrd></RmtInf></TxDtls>',
          }),
        ],
      },
    ])
      .replace('encoding="UTF-8"', "encoding='iso-8859-1'")
      .replace('xmlns=', 'xmlns:c=')
      .replace(/<(\/?)(?=[A-Z])(?!!)/g, '<$1c:')
      .replace('<c:BkToCstmrStmt>', '<!-- one --><c:BkToCstmrStmt>')
      .replaceAll('c:CDATA', 'CDATA');
    const { lines } = readCamt(Buffer.from(xml, 'latin1'), { batches: 'split' });
    expect(lines).toMatchObject([{ amount: '-1', text: 'Müller <1>' }]);
    const wide = `\ufeff${camtFile([{ entries: [camtEntry({ amount: '1.00', side: 'DBIT' })] }])}`;
    expect(readCamt(Buffer.from(wide, 'utf16le'), { batches: 'split' }).lines).toMatchObject([
      { amount: '-1' },
    ]);
  });

  it('gives a reversal its own side, and names both parties', () => {
    const details = '<TxDtls><RltdPties><Dbtr><Nm>A</Nm></Dbtr><Cdtr><Nm>B</Nm></Cdtr></RltdPties></TxDtls>';
    const entry = (side: 'CRDT' | 'DBIT') =>
      camtEntry({ amount: '5.00', side, more: '<RvslInd>true</RvslInd>', details });
    expect(one(entry('CRDT'))).toMatchObject([{ amount: '5', reversal: true, counterparties: ['B', 'A'] }]);
    expect(one(entry('DBIT'))).toMatchObject([{ amount: '-5', reversal: true }]);
  });

  it('counts what is booked, and nothing that is pending or informative', () => {
    const entries = ['BOOK', 'PDNG', 'INFO', 'FUTR'].map((status) =>
      camtEntry({ amount: '1.00', side: 'CRDT', status }),
    );
    expect(read(camtFile([{ entries }]))).toMatchObject({ lines: [{ amount: '1' }], leftOut: 3 });
  });

  it('leaves out references that are none', () => {
    const details = '<TxDtls><Refs><EndToEndId>NOTPROVIDED</EndToEndId><TxId>T</TxId></Refs></TxDtls>';
    expect(one(camtEntry({ amount: '1.00', side: 'CRDT', details }))[0]?.references).toEqual(['T']);
  });

  describe('a batch', () => {
    const part = (amount: string, reference: string, more = ''): string =>
      `<TxDtls><Refs><EndToEndId>${reference}</EndToEndId></Refs>${amount}${more}</TxDtls>`;
    const new8 = (amount: string, side = 'DBIT', currency = 'EUR'): string =>
      `<Amt Ccy="${currency}">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd>`;
    const old2 = (amount: string): string =>
      `<AmtDtls><TxAmt><Amt Ccy="EUR">${amount}</Amt></TxAmt></AmtDtls>`;
    const batch = (details: string) =>
      camtEntry({ amount: '30.00', side: 'DBIT', more: '<AcctSvcrRef>B</AcctSvcrRef>', details });

    it.each([
      ['of today', part(new8('10.10'), 'a') + part(new8('19.90'), 'b')],
      ['of version .02', part(old2('10.10'), 'a') + part(old2('19.90'), 'b')],
    ])('%s is its transactions', (_, details) => {
      expect(one(batch(details))).toMatchObject([
        {
          at: 'Document/BkToCstmrStmt/Stmt/Ntry/NtryDtls/TxDtls[1]',
          amount: '-10.1',
          references: ['B', 'a'],
        },
        {
          at: 'Document/BkToCstmrStmt/Stmt/Ntry/NtryDtls/TxDtls[2]',
          amount: '-19.9',
          references: ['B', 'b'],
        },
      ]);
    });

    it('with what was given back in it is its transactions, too', () => {
      const details = part(new8('35.00'), 'a') + part(new8('5.00', 'CRDT'), 'b');
      expect(one(batch(details)).map(({ amount }) => amount)).toEqual(['-35', '5']);
    });

    it.each([
      ['does not add up', part(new8('10.00'), 'a') + part(new8('19.90'), 'b')],
      ['has another currency', part(new8('10.10'), 'a') + part(new8('19.90', 'DBIT', 'USD'), 'b')],
      ['has no amounts', part('', 'a') + part('', 'b')],
    ])('that %s is one line with all references', (_, details) => {
      expect(one(batch(details))).toMatchObject([{ amount: '-30', references: ['B', 'a', 'b'] }]);
    });

    it('is one line where that is asked for', () => {
      const xml = camtFile([{ entries: [batch(part(new8('10.10'), 'a') + part(new8('19.90'), 'b'))] }]);
      expect(read(xml, { batches: 'whole' }).lines).toMatchObject([
        { amount: '-30', references: ['B', 'a', 'b'] },
      ]);
    });
  });

  describe('with several statements', () => {
    const page = (id: string, opening: string, closing: string, iban = 'CZ1') => ({
      id,
      iban,
      balances: [camtBalance('OPBD', opening), camtBalance('CLBD', closing)],
      entries: [camtEntry({ amount: '1.00', side: 'CRDT' })],
    });

    it('of one account is one, from the first opening to the last closing', () => {
      const found = read(camtFile([page('1', '0.00', '1.00'), page('2', '1.00', '2.00')]));
      expect(found).toMatchObject({ id: '1, 2', opening: '0', closing: '2', contradictions: [] });
      expect(found.lines.map(({ at }) => at)).toEqual([
        'Document/BkToCstmrStmt/Stmt[1]/Ntry',
        'Document/BkToCstmrStmt/Stmt[2]/Ntry',
      ]);
    });

    it('says where one does not begin with what the one before ended with', () => {
      const { contradictions } = read(camtFile([page('1', '0.00', '1.00'), page('2', '7.00', '8.00')]));
      expect(contradictions).toEqual(['1 ends with 1, and 2, which follows it, begins with 7']);
    });

    it('of several accounts wants to know which', () => {
      const xml = camtFile([page('1', '0.00', '1.00'), page('2', '1.00', '2.00', 'CZ2')]);
      expect(() => read(xml)).toThrow('Document/BkToCstmrStmt: it is about CZ1, CZ2: say which');
      expect(read(xml, { account: 'CZ2' }).id).toBe('2');
      expect(() => read(xml, { account: 'CZ3' })).toThrow('no Stmt is about CZ3, but CZ1, CZ2');
    });
  });

  it('whose lines do not lead from its opening to its closing says so', () => {
    const xml = camtFile([
      {
        balances: [camtBalance('OPBD', '-5.00'), camtBalance('CLBD', '3.00')],
        entries: [camtEntry({ amount: '7.00', side: 'CRDT' })],
      },
    ]);
    expect(settle(read(xml), 2, 'mirror').contradictions).toEqual([
      'it begins with -5.00, its lines make 7.00, and it ends with 3.00',
    ]);
  });

  it.each([
    ['', 'line 1: no XML: Start tag expected.'],
    ['<a><b></a>', 'line 1, column 7: no XML'],
    [camtFile([]), 'Document/BkToCstmrStmt: it has no Stmt'],
    [camtFile([{ entries: [] }], '01'), 'its namespace is not one of camt.053.001.02 to .08'],
    [camtFile([{ entries: [] }], '09'), 'its namespace is not one of camt.053.001.02 to .08'],
    [camtFile([{ entries: [] }]).replace('053', '052'), 'its namespace is not one of camt.053.001.02 to .08'],
    [
      camtFile([{ entries: ['<a>'.repeat(5_000) + '</a>'.repeat(5_000)] }]),
      'the file: Maximum nested tags exceeded',
    ],
    [camtFile([{ entries: ['<__proto__/>'] }]), 'the file: '],
    ['<!DOCTYPE x [<!ENTITY a "aa">]><Document/>', 'the file: a document type is not accepted'],
  ])('that is none is refused: %#', (xml, message) => {
    expect(() => read(xml)).toThrow(message);
  });

  const good = camtEntry({ amount: '1.00', side: 'CRDT' });
  const at = 'Document/BkToCstmrStmt/Stmt/Ntry[2]';
  it.each([
    [good.replace('1.00', '1,00'), `${at}/Amt: "1,00" is no amount`],
    [good.replace('1.00', '-1.00'), `${at}/Amt: "-1.00" is no amount`],
    [good.replace('1.00', '1e3'), `${at}/Amt: "1e3" is no amount`],
    [good.replace(' Ccy="EUR"', ''), `${at}/Amt: it has no Ccy`],
    [good.replace('EUR', 'USD'), 'Document/BkToCstmrStmt/Stmt: it is in EUR and USD, not in one currency'],
    [good.replace('CRDT', 'CREDIT'), `${at}/CdtDbtInd: "CREDIT" is neither CRDT nor DBIT`],
    [good.replace(/<Amt.*<\/Amt>/, ''), `${at}: it has no Amt`],
    [good.replace(/<Sts>.*<\/Sts>/, ''), `${at}: it has no Sts`],
    [good.replace('2026-01-05', '2026-02-30'), `${at}/BookgDt/Dt: "2026-02-30" is no date`],
    [good.replace(/<BookgDt>.*<\/BookgDt>/, ''), `${at}: it has no BookgDt`],
    [
      good.replace('</CdtDbtInd>', '</CdtDbtInd><RvslInd>maybe</RvslInd>'),
      `${at}/RvslInd: "maybe" is neither`,
    ],
    [
      good.replace('</CdtDbtInd>', '</CdtDbtInd><CdtDbtInd>DBIT</CdtDbtInd>'),
      `${at}: it has 2 of CdtDbtInd, not one`,
    ],
  ])('with a malformed entry is not read at all, and says which: %#', (entry, message) => {
    expect(() => read(camtFile([{ entries: [good, entry] }]))).toThrow(message);
  });
});
