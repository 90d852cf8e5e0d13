import { describe, expect, it } from 'vitest';
import { readCsv } from '../../src/audit/reconcile/csv/read-csv.js';
import { dateIn, dateReader } from '../../src/audit/reconcile/dates.js';
import { readDecimal, sumOf } from '../../src/audit/reconcile/decimal.js';
import { readSettings } from '../../src/audit/reconcile/settings/read-settings.js';
import { settle } from '../../src/audit/reconcile/settle.js';
import { InvalidConfigError } from '../../src/config/yaml-file.js';

const read = (text: string | Uint8Array, settings: string) => {
  const { csv } = readSettings(settings, 'settings.yaml');
  if (csv === undefined) throw new Error('no columns');
  return readCsv(typeof text === 'string' ? Buffer.from(text) : text, csv);
};
const SIGNED = 'csv: { columns: { date: date, amount: amount, balance: balance } }';

describe('decimals as banks write them', () => {
  it.each([
    ['1234.50', '.', '', '1234.5'],
    ['-0.05', '.', '', '-0.05'],
    ['+7', '.', '', '7'],
    ['-0,00', ',', '', '0'],
    ['1.234.567,89', ',', '.', '1234567.89'],
    ['12 345,6-', ',', ' ', '-12345.6'],
    ['12\u00a0345,60', ',', ' ', '12345.6'],
    ["1'000.00", '.', "'", '1000'],
    ['99999999999999999999999999999999999999.01', '.', '', '99999999999999999999999999999999999999.01'],
  ])('%s', (text, decimal, thousands, expected) => {
    expect(readDecimal(text, { decimal, thousands })).toBe(expected);
  });

  it.each([
    ['1,234.50', '.', ''],
    ['1.23.4', ',', '.'],
    ['12.34', ',', '.'],
    ['1234.567', ',', '.'],
    ['--1', '.', ''],
    ['-1-', '.', ''],
    ['1e5', '.', ''],
    ['0x1F', '.', ''],
    ['NaN', '.', ''],
    ['.5', '.', ''],
    ['5.', '.', ''],
    ['', '.', ''],
    ['١٢', '.', ''],
  ])('%j with %s and %j is none', (text, decimal, thousands) => {
    expect(readDecimal(text, { decimal, thousands })).toBeUndefined();
  });

  it('are added up exactly', () => {
    expect(sumOf(['0.1', '0.2', '-0.3'])).toBe('0');
    expect(sumOf(['-0.05', '100', '0.005'])).toBe('99.955');
    expect(sumOf(['9007199254740993', '0.01'])).toBe('9007199254740993.01');
    expect(sumOf([])).toBe('0');
  });
});

describe('dates', () => {
  it.each([
    ['YYYY-MM-DD', '2024-02-29', '2024-02-29'],
    ['DD.MM.YYYY', '05.01.1993', '1993-01-05'],
    ['D/M/YY', '5/1/26', '2026-01-05'],
    ['YYYYMMDD', '19930105', '1993-01-05'],
    ['DD.MM.YYYY HH:mm', '05.01.1993 23:59', '1993-01-05'],
    ['DD.MM.YYYY', '30.02.1993', undefined],
    ['DD.MM.YYYY', '5.1.1993', undefined],
    ['DD.MM.YYYY', '1993-01-05', undefined],
    ['MM/DD/YYYY', '13/01/1993', undefined],
  ])('%s reads %s as %s', (form, text, expected) => {
    expect(dateReader(form)(text)).toBe(expected);
  });

  it('of a moment is that of the time zone', () => {
    expect(dateIn('UTC')('2026-01-31T23:30:00.000Z')).toBe('2026-01-31');
    expect(dateIn('Europe/Prague')('2026-01-31T23:30:00.000Z')).toBe('2026-02-01');
  });
});

describe('a CSV statement', () => {
  it('is read with signed amounts and balances', () => {
    const { lines } = read('date,amount,balance\n2026-01-02,10.00,110.00\n2026-01-03,-0.50,109.50\n', SIGNED);
    expect(lines).toMatchObject([
      { at: 'line 2', date: '2026-01-02', amount: '10', balance: '110' },
      { at: 'line 3', date: '2026-01-03', amount: '-0.5', balance: '109.5' },
    ]);
  });

  it('is read in the form of a Czech bank: windows-1250, semicolons, decimal comma, lines before the header', () => {
    const text = [
      'V\u00fdpis z \u00fa\u010dtu;1',
      '',
      'Datum;Valuta;Objem;Protistrana;VS;Zpr\u00e1va;Poznámka',
      '05.01.2026;06.01.2026;1 234,50;"Nov\u00e1k; Jan";1001;platba;"za\r\nčlenství"',
      '07.01.2026;;-20,00;\u0160t\u011bp\u00e1n;;;',
    ].join('\r\n');
    // windows-1250 of the letters that are used here.
    const codes: Readonly<Record<string, number>> = {
      ý: 0xfd,
      ú: 0xfa,
      č: 0xe8,
      á: 0xe1,
      Š: 0x8a,
      ě: 0xec,
      í: 0xed,
    };
    const bytes = Uint8Array.from([...text], (letter) => codes[letter] ?? letter.codePointAt(0) ?? 0);
    const { lines } = read(
      bytes,
      `csv:
        encoding: windows-1250
        delimiter: ";"
        skip_lines: 2
        date_format: DD.MM.YYYY
        decimal: ","
        thousands: " "
        columns:
          date: Datum
          value_date: Valuta
          amount: Objem
          counterparty: Protistrana
          reference: [VS]
          text: [Zpráva, 7]`,
    );
    expect(lines).toEqual([
      {
        at: 'line 5',
        date: '2026-01-05',
        valueDate: '2026-01-06',
        amount: '1234.5',
        references: ['1001'],
        counterparties: ['Novák; Jan'],
        text: 'platba za\nčlenství',
      },
      {
        at: 'line 6',
        date: '2026-01-07',
        amount: '-20',
        references: [],
        counterparties: ['Štěpán'],
        text: '',
      },
    ]);
  });

  it('is read with a column for debits and one for credits, or one that says which', () => {
    const two = 'csv: { columns: { date: d, debit: out, credit: in } }';
    const { lines, leftOut } = read('d,out,in\n2026-01-02,5,\n2026-01-02,0.00,7\n2026-01-03,,\n', two);
    expect([lines.map(({ amount }) => amount), leftOut]).toEqual([['-5', '7'], 1]);
    const side =
      'csv: { header: false, columns: { date: 1, amount: 3, side: 2 }, sides: { debit: [Soll], credit: [Haben] } }';
    const said = read('2026-01-02,Soll,5\n2026-01-02,Haben,7\n', side);
    expect(said.lines.map(({ amount }) => amount)).toEqual(['-5', '7']);
  });

  it('passes over the rows of other accounts', () => {
    const settings = 'csv: { columns: { date: date, amount: amount }, only: { account: A1 } }';
    const { lines, leftOut } = read('account,date,amount\nA1,2026-01-02,5\nA2,2026-01-02,6\n', settings);
    expect([lines.length, leftOut]).toEqual([1, 1]);
  });

  it.each([
    ['date,amount\n2026-01-02,5\n', 'line 1: the header has no column "balance", but date, amount'],
    ['date,amount,balance,amount\n', 'line 1: the header has column "amount" twice: say its place'],
    ['date,amount,balance\n2026-01-02,5\n', 'line 2: Invalid Record Length: expect 3, got 2 on line 2'],
    ['date,amount,balance\n2026-01-02,"5,1\n', 'line 2: Quote Not Closed'],
    [
      'date,amount,balance\n2026-13-02,5,1\n',
      'line 2: column "date" has no date of the form YYYY-MM-DD: "2026-13-02"',
    ],
    [
      'date,amount,balance\n2026-01-02,5,1\n2026-01-02,"5,00",1\n',
      'line 3: column "amount" has no amount: "5,00"',
    ],
    ['date,amount,balance\n2026-01-02,,1\n', 'line 2: column "amount" is empty'],
    ['date,amount,balance\n2026-01-02,5,NaN\n', 'line 2: column "balance" has no amount: "NaN"'],
    ['', 'the file: it has no header'],
    [Uint8Array.of(0x64, 0xff), 'the file: it has bytes that are not utf-8: say its encoding'],
  ])('that is malformed is not read at all: %#', (text, message) => {
    expect(() => read(text, SIGNED)).toThrow(message);
  });

  it('of another kind is refused with its line', () => {
    const two = 'csv: { columns: { date: d, debit: out, credit: in } }';
    expect(() => read('d,out,in\n2026-01-02,5,7\n', two)).toThrow(
      'line 2: it has a debit of 5 and a credit of 7',
    );
    const side = 'csv: { columns: { date: d, amount: a, side: s } }';
    expect(() => read('d,a,s\n2026-01-02,5,X\n', side)).toThrow(
      'line 2: column "s" says neither debit nor credit: "X"',
    );
    const currency = 'csv: { columns: { date: d, amount: a, currency: c } }';
    expect(() => read('d,a,c\n2026-01-02,5,EUR\n2026-01-02,5,CZK\n', currency)).toThrow(
      'line 3: it is in CZK, and a line before in EUR',
    );
    expect(() => read('d,a\n', 'csv: { encoding: klingon, columns: { date: d, amount: a } }')).toThrow(
      'no encoding is called "klingon"',
    );
  });
});

describe('the balances of a CSV statement', () => {
  const settled = (rows: readonly string[]) =>
    settle(read(`date,amount,balance\n${rows.join('\n')}\n`, SIGNED), 2, 'same');
  const rows = ['2026-01-02,10.00,110.00', '2026-01-03,-0.50,109.50', '2026-01-03,0.50,110.00'];

  it('are followed from the oldest to the newest, or the other way round', () => {
    expect(settled(rows)).toMatchObject({ opening: 10_000n, closing: 11_000n, contradictions: [] });
    expect(settled(rows.toReversed())).toMatchObject({
      opening: 10_000n,
      closing: 11_000n,
      contradictions: [],
    });
  });

  it('tell where a line is missing or changed', () => {
    const { contradictions } = settled(['2026-01-01,1.00,100.00', ...rows, '2026-01-04,5.00,200.00']);
    expect(contradictions).toEqual([
      'line 6: the balance is 200.00, and by the one before 115.00',
      'it begins with 99.00, its lines make 16.00, and it ends with 200.00',
    ]);
  });

  it('of a mirrored statement are told as they stand there', () => {
    const { amounts, opening, contradictions } = settle(
      read(`date,amount,balance\n${rows.join('\n')}\n2026-01-04,1.00,1.00\n`, SIGNED),
      2,
      'mirror',
    );
    expect([amounts[0], opening]).toEqual([-1_000n, -10_000n]);
    expect(contradictions[0]).toBe('line 5: the balance is 1.00, and by the one before 111.00');
  });

  it('and amounts must fit the asset', () => {
    expect(() => settled(['2026-01-02,0.001,1.00'])).toThrow('line 2: 0.001 has more than 2 decimal places');
    expect(settled(['2026-01-02,0.100000,1.00']).amounts).toEqual([10n]);
    const large = '9'.repeat(38);
    expect(() => settled([`2026-01-02,${large},1.00`])).toThrow(`line 2: ${large} is too_large`);
  });
});

describe('settings', () => {
  it.each([
    ['csv: { columns: { amount: a } }', 'csv/columns: "date" is missing'],
    ['csv: { columns: { date: d } }', 'either amount'],
    ['csv: { columns: { date: d, amount: a, debit: b } }', 'either amount'],
    ['csv: { columns: { date: d, debit: b, side: s } }', 'side goes with amount'],
    ['csv: { columns: { date: d, amunt: a } }', 'csv/columns: nothing is called "amunt" here'],
    ['csv: { decimal: ",", thousands: ",", columns: { date: d, amount: a } }', 'the same character'],
    [
      'csv: { date_format: DD.MM, columns: { date: d, amount: a } }',
      'csv/date_format: "DD.MM" does not say YYYY',
    ],
    ['csv: [', 'at line 1'],
    ['time_zone: Europe/Atlantis', 'time_zone: there is no "Europe/Atlantis"'],
    ['rules: []', 'rules: must NOT have fewer than 1 items'],
    ['rules: [ { name: a, match: one_to_one } ]', 'rules (a): an amount alone is no match'],
    [
      'rules: [ { name: a, match: one_to_many, within_days: 1, pair_equals: true } ]',
      'only one_to_one has pair_equals',
    ],
    [
      'rules: [ { name: a, match: one_to_one, within_days: 1 }, { name: a, match: one_to_one, within_days: 2 } ]',
      '"a" is the name of two rules',
    ],
    ['rules: [ { name: a, match: one_to_all, within_days: 1 } ]', 'rules/0/match: must be one of'],
  ])('%s is refused', (text, message) => {
    expect(() => readSettings(text, 'settings.yaml')).toThrow(InvalidConfigError);
    expect(() => readSettings(text, 'settings.yaml')).toThrow(message);
  });

  it('of the command line go over those of the file', () => {
    const { csv } = readSettings('csv: { decimal: ",", columns: { date: Datum, amount: Objem } }', 'f', {
      columns: { date: 2 },
      delimiter: ';',
    });
    expect(csv).toMatchObject({ decimal: ',', delimiter: ';', columns: { date: 2, amount: 'Objem' } });
  });
});
