import { type BankRow, counterpartOf, creditLines, readBankRows } from '../../src/demo/bank-rows.js';
import { NO_COUNTERS } from '../../src/domain/account.js';
import type { LedgerEvent } from '../../src/domain/event.js';
import { type AccountId, accountIdOf, keyDigest, type TransferId, tenantId } from '../../src/domain/ids.js';
import { encodeEvent } from '../../src/journal/encode.js';
import { GENESIS_HASH } from '../../src/journal/envelope.js';
import { hashOf } from '../../src/journal/hash.js';
import { CZK } from './compact-tenant.js';

const TENANT = tenantId('czech-bank');
const accountNamed = (name: string): AccountId => accountIdOf(1, keyDigest(TENANT, 'client', name));
const minor = (decimal: string): bigint => BigInt(decimal.replace('.', ''));

/** The Czech bank's nine months as one shard would have them: its accounts opened, each transaction posted on its day. */
export function bankEvents(rows: readonly BankRow[] = readBankRows()): LedgerEvent[] {
  const lines = creditLines(rows);
  const names = new Set(rows.flatMap((row) => [row.account, counterpartOf(row)]));
  const customers = new Set(rows.map(({ account }) => account));
  const opened = [...names].map((name): LedgerEvent => {
    const limits = {
      minBalance: customers.has(name) ? minor(lines.get(name) ?? '0.00') : null,
      maxBalance: null,
    };
    const account = accountNamed(name);
    const facts = { tenant: TENANT, account, asset: CZK, limits, metadata: { name } };
    return { type: 'account.opened', kind: 'account', ...facts };
  });
  const posted = rows.map((row, index): LedgerEvent => {
    const [customer, other] = [accountNamed(row.account), accountNamed(counterpartOf(row))];
    const [debit, credit] = row.side === 'credit' ? [other, customer] : [customer, other];
    const legs = [{ debit, credit, amount: minor(row.amount), asset: CZK }];
    const entries = legs.flatMap((leg) =>
      [leg.debit, leg.credit].map((account) => ({
        account,
        version: 1,
        before: NO_COUNTERS,
        after: NO_COUNTERS,
      })),
    );
    const transfer = `tr_${index.toString(16).padStart(32, '0')}` as TransferId;
    const details = { effectiveAt: `${row.date}T00:00:00Z` };
    return { type: 'transfer.posted', tenant: TENANT, transfer, details, legs, entries };
  });
  return [...opened, ...posted];
}

/** The same, but that each third transfer waited for a review and was approved at once. */
export const afterReviews = (events: readonly LedgerEvent[]): LedgerEvent[] =>
  events.flatMap((event, index): LedgerEvent[] => {
    if (event.type !== 'transfer.posted' || index % 3 !== 0) return [event];
    const { tenant, transfer, entries } = event;
    const operation = transfer.replace('tr_0', 'tr_f') as TransferId;
    return [
      { ...event, type: 'transfer.review', step: 'post', reason: { code: 'requested' } },
      { type: 'review.approved', tenant, transfer: operation, review: transfer, entries },
    ];
  });

/** Events as the texts of one shard's journal. */
export function journalOf(events: readonly LedgerEvent[], cluster: string, shard = 0): string[] {
  let prev = GENESIS_HASH;
  return events.map((event, index) => {
    const time = new Date(Date.UTC(2026, 0, 1) + index).toISOString();
    const at = { cluster, shard, seq: index + 1, time, prev };
    const text = encodeEvent(event, { actor: 'system:test' }, at);
    prev = hashOf(text);
    return text;
  });
}
