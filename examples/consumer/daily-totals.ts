/**
 * What each account paid and got on each day, kept exactly once in a database of our own.
 * DATABASE_URL=postgres://… BROKERS=host:port CLUSTER=saldo npx tsx examples/consumer/daily-totals.ts
 */
import pg from 'pg';
import { inPostgres, JournalConsumer, type JournalEvent, migrateConsumer } from 'saldo/consumer';

const env = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const pool = new pg.Pool({ connectionString: env('DATABASE_URL') });
// Without a listener an idle connection's error would end the process; the pool has already dropped it.
pool.on('error', () => undefined);
await migrateConsumer(env('DATABASE_URL'));
await pool.query(`CREATE TABLE IF NOT EXISTS daily_totals (
  account text, day date, debits numeric NOT NULL, credits numeric NOT NULL, PRIMARY KEY (account, day))`);

/** Every event that moves money carries the counters of each account before and after: one rule for all its types. */
async function addToTotals({ data, time }: JournalEvent, client: pg.ClientBase): Promise<void> {
  if (!('entries' in data)) return;
  for (const { account, before, after } of data.entries) {
    const debits = after.debitsPosted - before.debitsPosted;
    const credits = after.creditsPosted - before.creditsPosted;
    if (debits === 0n && credits === 0n) continue;
    await client.query(
      `INSERT INTO daily_totals AS t VALUES ($1, $2, $3, $4)
       ON CONFLICT (account, day) DO UPDATE SET debits = t.debits + $3, credits = t.credits + $4`,
      [account, time.slice(0, 10), debits, credits],
    );
  }
}

const consumer = new JournalConsumer({
  brokers: env('BROKERS').split(','),
  cluster: env('CLUSTER'),
  group: 'daily-totals',
  processing: inPostgres({ pool, handle: addToTotals }),
  onFault: ({ shard, error, retryMs }) => {
    console.error(shard, String(error), retryMs === undefined ? 'halted' : `again in ${retryMs} ms`);
  },
});
await consumer.start();
console.log('reading the journal; Ctrl-C stops');

process.once('SIGTERM', stop);
process.once('SIGINT', stop);
async function stop(): Promise<void> {
  await consumer.stop();
  await pool.end();
}
