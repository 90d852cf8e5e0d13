import pg from 'pg';
import type { Logger } from 'pino';
import type { SearchPort } from '../api/ports.js';
import { createKafka, type KafkaOptions } from '../kafka/client.js';
import { ensureJournalTopic } from '../kafka/journal-topic.js';
import { SearchFeeder } from '../search/feeder.js';
import { migrateSearch } from '../search/migrate.js';
import { SearchReader } from '../search/reader.js';
import type { ShardLag } from '../search/views.js';
import { createPool } from '../storage/pools.js';
import { readHead } from '../storage/statements/read-head.js';
import type { Ledger } from './ledger.js';

export interface SearchOptions {
  readonly cluster: string;
  /** A database of its own; without one it is beside the control database, and made if it is not there. */
  readonly searchUrl: string | undefined;
  readonly controlUrl: string;
  readonly kafkaOptions: KafkaOptions;
  readonly ledger: Ledger;
  readonly logger: Logger;
}

/** A node's part in the read model: asked by the API, fed by whoever has that role. Payments need none of it. */
export interface Search {
  readonly port: SearchPort;
  readonly feeder: SearchFeeder;
  /** How far the read model is, and how far behind each shard that can be asked. */
  lag(): Promise<readonly ShardLag[]>;
  close(): Promise<void>;
}

export function openSearch({
  cluster,
  searchUrl,
  controlUrl,
  kafkaOptions,
  ledger,
  logger,
}: SearchOptions): Search {
  const url = searchUrl ?? besideControl(controlUrl);
  const { shards, shardCount } = ledger.facts.map;
  const writers = createPool({ url, role: 'posting', name: 'search', max: shardCount });
  const readers = createPool({ url, role: 'reader', name: 'search', max: 8 });
  const reader = new SearchReader(readers);
  const feeder = new SearchFeeder({
    lockUrl: controlUrl,
    pool: writers,
    cluster,
    shards,
    kafkaOptions,
    prepare: async () => {
      if (searchUrl === undefined) await createDatabase(controlUrl, url);
      await migrateSearch(url);
      await ensureJournalTopic(createKafka(kafkaOptions), cluster, shardCount);
    },
    onError: (shard, error) => logger.warn({ err: error, shard }, 'search is not fed'),
  });
  const behind = (lag: readonly ShardLag[]) => howFarBehind(ledger, lag);
  return {
    port: {
      transfers: async (tenant, query) => withLag(await reader.transfers(tenant, query), behind),
      sums: async (tenant, query) => withLag(await reader.sums(tenant, query), behind),
      balanceAt: async (tenant, account, at) => {
        const balance = await reader.balanceAt(tenant, account, at);
        return balance && withLag(balance, behind);
      },
    },
    feeder,
    lag: async () => behind(await reader.lag()),
    close: async () => {
      await feeder.stop();
      await Promise.all([writers.end(), readers.end()]);
    },
  };
}

async function withLag<T extends { readonly lag: readonly ShardLag[] }>(
  answer: T,
  behind: (lag: readonly ShardLag[]) => Promise<readonly ShardLag[]>,
): Promise<T> {
  return { ...answer, lag: await behind(answer.lag) };
}

/** How many events of each shard are not in yet; not said of a shard that can not be asked. */
function howFarBehind({ facts, pools }: Ledger, lag: readonly ShardLag[]): Promise<readonly ShardLag[]> {
  return Promise.all(
    facts.map.shards.map(async (shard) => {
      const found = lag.find((one) => one.shard === shard) ?? { shard, sequence: 0 };
      const head = await readHead(pools.at(shard)).catch(() => undefined);
      return head === undefined ? found : { ...found, behind: Math.max(0, head.seq - found.sequence) };
    }),
  );
}

function besideControl(controlUrl: string): string {
  const url = new URL(controlUrl);
  url.pathname = `${url.pathname}_search`;
  return url.href;
}

async function createDatabase(controlUrl: string, url: string): Promise<void> {
  const name = decodeURIComponent(new URL(url).pathname.slice(1));
  const control = createPool({ url: controlUrl, role: 'owner', name: 'search', max: 1 });
  try {
    const { rowCount } = await control.query('SELECT FROM pg_database WHERE datname = $1', [name]);
    if (rowCount === 0) await control.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
  } finally {
    await control.end();
  }
}
