import type { ApiAnswer, ApiClient } from './api-client.js';
import { type BankRow, counterpartOf } from './bank-rows.js';
import { inParallel } from './in-parallel.js';
import { counterpartKey, type DemoAccounts } from './open-accounts.js';

export interface Posted {
  readonly row: BankRow;
  readonly transfer: string;
  readonly kind: 'local' | 'across shards';
  readonly ms: number;
}

export interface Posting {
  readonly posted: readonly Posted[];
  /** Requests that were sent a second time on purpose, to the other node. */
  readonly repeats: number;
}

const ACCOUNTS_AT_ONCE = 96;
const REPEAT_EVERY = 10;

/** Posts every row: the rows of an account in order, many accounts at once. `onPosted` gets the number done. */
export async function postRows(
  client: ApiClient,
  rows: readonly BankRow[],
  accounts: DemoAccounts,
  shards: number,
  onPosted: (done: number) => void,
): Promise<Posting> {
  const posted: Posted[] = [];
  let sent = 0;
  let repeats = 0;
  const post = async (row: BankRow): Promise<void> => {
    const { body, kind } = transferOf(row, accounts, shards);
    const number = sent;
    sent += 1;
    const node = number % 2;
    const ask = (which: number): Promise<ApiAnswer> => client.post(which, '/v1/transfers', body, row.id);
    const started = performance.now();
    const first = ask(node).then((answer) => ({ answer, ms: performance.now() - started }));
    const twice = number % REPEAT_EVERY === 0;
    if (twice) repeats += 1;
    const [{ answer, ms }, again] = await Promise.all([first, twice ? ask(1 - node) : undefined]);
    posted.push({ row, kind, ms, transfer: postedId(row, answer) });
    if (again !== undefined) sameAnswer(row, answer, again);
    onPosted(posted.length);
  };
  await inParallel(rowsByAccount(rows), ACCOUNTS_AT_ONCE, async (own) => {
    for (const row of own) await post(row);
  });
  return { posted, repeats };
}

function rowsByAccount(rows: readonly BankRow[]): BankRow[][] {
  const byAccount = new Map<string, BankRow[]>();
  for (const row of rows) {
    const own = byAccount.get(row.account);
    if (own === undefined) byAccount.set(row.account, [row]);
    else own.push(row);
  }
  return [...byAccount.values()];
}

/** With a partner bank, the account on the next shard is used: so every such transfer crosses shards. */
function transferOf(row: BankRow, { customers, counterparts }: DemoAccounts, shards: number) {
  const customer = customers.get(row.account);
  if (customer === undefined) throw new Error(`customer ${row.account} has no account`);
  const crosses = row.partnerBank !== '' && shards > 1;
  const shard = crosses ? (customer.shard + 1) % shards : customer.shard;
  const other = counterparts.get(counterpartKey(counterpartOf(row), shard));
  if (other === undefined) throw new Error(`${counterpartOf(row)} has no account on shard ${shard}`);
  const [debit, credit] = row.side === 'credit' ? [other.id, customer.id] : [customer.id, other.id];
  const kind = crosses ? ('across shards' as const) : ('local' as const);
  const effective_at = `${row.date}T00:00:00Z`;
  return { body: { debit, credit, amount: row.amount, asset: 'CZK', effective_at }, kind };
}

function postedId(row: BankRow, { status, body }: ApiAnswer): string {
  if (status !== 201) throw new Error(`transaction ${row.id} was answered ${status}: ${body}`);
  return (JSON.parse(body) as { id: string }).id;
}

function sameAnswer(row: BankRow, first: ApiAnswer, again: ApiAnswer): void {
  if (first.status === again.status && first.body === again.body) return;
  throw new Error(`transaction ${row.id} was answered ${first.body} and, sent again, ${again.body}`);
}
