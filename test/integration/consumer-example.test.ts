import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { childEnv } from '../../src/config/child-env.js';
import { packageRoot } from '../../src/config/package-root.js';
import { type ConsumerDatabase, createConsumerDatabase } from '../support/consumer-harness.js';
import { testKafka } from '../support/journal.js';
import { until } from '../support/until.js';
import { BOB, WrittenJournal } from '../support/written-journal.js';

let database: ConsumerDatabase;
beforeAll(async () => {
  database = await createConsumerDatabase();
});
afterAll(() => database.close());

it('the example of docs/consumer.md, over the package as it is published, adds up what there is', async () => {
  const journal = await WrittenJournal.create(testKafka().kafka);
  await journal.write(0, 100);
  const env = childEnv({
    DATABASE_URL: database.url,
    BROKERS: inject('stack').kafkaBrokers.join(','),
    CLUSTER: journal.cluster,
  });
  const script = join(packageRoot(), 'examples', 'consumer', 'daily-totals.ts');
  const child = spawn(process.execPath, ['--import', 'tsx', script], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (data: Buffer) => {
    said += data.toString();
  });
  const credits = async (): Promise<unknown> => {
    const { rows } = await database.pool
      .query('SELECT credits FROM daily_totals WHERE account = $1', [BOB])
      .catch(() => ({ rows: [] }));
    return rows[0]?.credits;
  };
  await until('the totals are those of 100 transfers', async () => (await credits()) === '5050');
  child.kill('SIGTERM');
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(said).toBe('');
});
