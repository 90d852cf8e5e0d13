import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Operation } from '../support/load.js';
import { connected } from '../support/measure.js';

const SCHEMA = `
  CREATE TABLE accounts (id int PRIMARY KEY, balance numeric(38,0) NOT NULL, version bigint NOT NULL);
  CREATE TABLE transfers (id uuid PRIMARY KEY, debit int NOT NULL, credit int NOT NULL, amount numeric(38,0) NOT NULL,
                          created timestamptz NOT NULL DEFAULT now());
  CREATE TABLE entries (account int NOT NULL, version bigint NOT NULL, transfer uuid NOT NULL, amount numeric(38,0) NOT NULL,
                        balance numeric(38,0) NOT NULL, PRIMARY KEY (account, version));
  CREATE TABLE keys (key text PRIMARY KEY, transfer uuid NOT NULL);`;

const LOCK = 'SELECT id, balance, version FROM accounts WHERE id = ANY ($1::int[]) ORDER BY id FOR UPDATE';
const UPDATE = `UPDATE accounts SET balance = balance + $2, version = version + 1 WHERE id = $1`;
const KEY = 'INSERT INTO keys (key, transfer) VALUES ($1, $2)';
const TRANSFER = 'INSERT INTO transfers (id, debit, credit, amount) VALUES ($1, $2, $3, $4)';
const ENTRY = 'INSERT INTO entries (account, version, transfer, amount, balance) VALUES ($1, $2, $3, $4, $5)';

/**
 * The ledger as it is written everywhere: accounts locked in order, balances updated, two entries, one transfer, one
 * key, a transaction for each transfer, prepared statements. What Saldo's path is measured against.
 */
export class BaselineLedger {
  private constructor(
    private readonly clients: pg.Client[],
    private readonly accounts: number,
  ) {}

  static async open(url: string, accounts: number, connections: number): Promise<BaselineLedger> {
    const clients = await Promise.all(Array.from({ length: connections }, () => connected(url)));
    return new BaselineLedger(clients, accounts);
  }

  static async create(url: string, accounts: number): Promise<void> {
    const client = await connected(url);
    await client.query(SCHEMA);
    await client.query('INSERT INTO accounts SELECT n, 0, 0 FROM generate_series(0, $1) n', [accounts]);
    await client.query('ANALYZE');
    await client.end();
  }

  get connections(): number {
    return this.clients.length;
  }

  /** As many may be under way as there are connections. */
  transfers(hot: boolean): Operation {
    return async () => {
      const client = this.clients.pop();
      if (client === undefined) throw new RangeError('more under way than connections');
      try {
        const debit = 1 + Math.floor(Math.random() * (this.accounts - 1));
        const credit = hot
          ? 0
          : (debit + 1 + Math.floor(Math.random() * (this.accounts - 1))) % this.accounts;
        await transfer(client, debit, credit);
      } finally {
        this.clients.push(client);
      }
      return true;
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end()));
  }
}

async function transfer(client: pg.Client, debit: number, credit: number): Promise<void> {
  const id = randomUUID();
  await client.query('BEGIN');
  const { rows } = await client.query<{ id: number; balance: string; version: string }>({
    name: 'lock',
    text: LOCK,
    values: [[debit, credit]],
  });
  await client.query({ name: 'key', text: KEY, values: [`key-${id}`, id] });
  await client.query({ name: 'transfer', text: TRANSFER, values: [id, debit, credit, '1'] });
  for (const [account, amount] of [
    [debit, -1n],
    [credit, 1n],
  ] as const) {
    const row = rows.find((one) => one.id === account);
    if (row === undefined) throw new Error(`no account ${account}`);
    const version = (BigInt(row.version) + 1n).toString();
    const balance = (BigInt(row.balance) + amount).toString();
    await client.query({ name: 'update', text: UPDATE, values: [account, amount.toString()] });
    await client.query({
      name: 'entry',
      text: ENTRY,
      values: [account, version, id, amount.toString(), balance],
    });
  }
  await client.query('COMMIT');
}
