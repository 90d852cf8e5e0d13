import pg from 'pg';
import { inPostgres, JournalConsumer, toKafka } from '../../src/consumer/index.js';

/**
 * A consumer in a process of its own, to be killed at any moment: `mode brokers cluster group postgres-url`. In Postgres it
 * writes a row of `effects` for each event, to Kafka a record; nothing keeps these unique but the kit.
 */
const [mode = '', brokers = '', cluster = '', group = '', url = ''] = process.argv.slice(2);

const pool = new pg.Pool({ connectionString: url, max: 4 });
pool.on('error', () => undefined);
const processing =
  mode === 'postgres'
    ? inPostgres({
        pool,
        handle: async ({ shard, seq }, client) => {
          await client.query('INSERT INTO effects (shard, seq) VALUES ($1, $2)', [shard, seq]);
        },
      })
    : toKafka({
        handle: ({ shard, seq }) => [
          { topic: `${cluster}.out`, partition: shard, value: String(seq) },
          { topic: `${cluster}.out`, key: `${shard}-${seq}`, partition: 2, value: `${shard}-${seq}` },
        ],
      });
const consumer = new JournalConsumer({
  brokers: brokers.split(','),
  cluster,
  group,
  processing,
  shards: [0, 1],
  handoverMs: 100,
  maxEvents: 5,
  // How long one of two rivals steps back, so that the other gets somewhere.
  sessionTimeoutMs: 5_000,
  onFault: ({ shard, error }) => process.stderr.write(`shard ${shard}: ${error}\n`),
});
await consumer.start();
process.stdout.write('started\n');
