import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { migrateSearch } from '../../src/search/migrate.js';
import { SearchReader } from '../../src/search/reader.js';
import { createPool } from '../../src/storage/pools.js';

/** A read model in a database of its own, empty. */
export interface SearchModel {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly reader: SearchReader;
  close(): Promise<void>;
}

export async function createSearchModel(): Promise<SearchModel> {
  const { controlUrl } = inject('stack');
  const name = `search_${randomBytes(5).toString('hex')}`;
  const client = new pg.Client(controlUrl);
  await client.connect();
  await client.query(`CREATE DATABASE ${name}`);
  await client.end();
  const url = Object.assign(new URL(controlUrl), { pathname: `/${name}` }).toString();
  await migrateSearch(url);
  const pool = createPool({ url, role: 'posting', name: 'test', max: 4 });
  const readers = createPool({ url, role: 'reader', name: 'test', max: 2 });
  const close = async (): Promise<void> => {
    await Promise.all([pool.end(), readers.end()]);
  };
  return { url, pool, reader: new SearchReader(readers), close };
}
