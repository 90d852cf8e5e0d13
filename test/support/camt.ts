/** One `Ntry`, the rest of which is as usual. */
export interface CamtEntry {
  readonly amount: string;
  readonly side: 'CRDT' | 'DBIT';
  readonly date?: string;
  readonly status?: string;
  readonly more?: string;
  readonly details?: string;
}

/** What versions .02 and .08 write differently. */
type Version = '02' | '04' | '06' | '08';

export const camtEntry = (
  { amount, side, date = '2026-01-05', status = 'BOOK', more = '', details = '' }: CamtEntry,
  version: Version = '08',
): string => `<Ntry><Amt Ccy="EUR">${amount}</Amt><CdtDbtInd>${side}</CdtDbtInd>${more}
<Sts>${version === '08' ? `<Cd>${status}</Cd>` : status}</Sts><BookgDt><Dt>${date}</Dt></BookgDt>
<BkTxCd/>${details === '' ? '' : `<NtryDtls>${details}</NtryDtls>`}</Ntry>`;

export const camtBalance = (code: string, amount: string, date = '2026-01-31'): string => {
  const side = amount.startsWith('-') ? 'DBIT' : 'CRDT';
  return `<Bal><Tp><CdOrPrtry><Cd>${code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">${amount.replace('-', '')}</Amt><CdtDbtInd>${side}</CdtDbtInd><Dt><Dt>${date}</Dt></Dt></Bal>`;
};

export interface CamtStatement {
  readonly id?: string;
  readonly iban?: string;
  readonly period?: readonly [string, string];
  readonly balances?: readonly string[];
  readonly entries: readonly string[];
}

export const camtFile = (statements: readonly CamtStatement[], version: string = '08'): string => {
  const stmts = statements.map(
    ({ id = 'S1', iban = 'CZ6508000000192000145399', period, balances = [], entries }) => {
      const when =
        period === undefined
          ? ''
          : `<FrToDt><FrDtTm>${period[0]}</FrDtTm><ToDtTm>${period[1]}</ToDtTm></FrToDt>`;
      return `<Stmt><Id>${id}</Id><CreDtTm>2026-02-01T08:00:00</CreDtTm>${when}<Acct><Id><IBAN>${iban}</IBAN></Id><Ccy>EUR</Ccy></Acct>
${balances.join('\n')}${entries.join('\n')}</Stmt>`;
    },
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.${version}">
<BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-02-01T08:00:00</CreDtTm></GrpHdr>
${stmts.join('\n')}
</BkToCstmrStmt></Document>`;
};
