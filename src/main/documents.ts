import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.js';
import { asyncApi } from '../journal/asyncapi.js';

/** The schemas of the journal's events, by file name. */
export function publishedSchemas(): ReadonlyMap<string, object> {
  const folder = join(packageRoot(), 'schemas', 'v1');
  const files = readdirSync(folder).filter((file) => file.endsWith('.json'));
  return new Map(files.map((file) => [file, JSON.parse(readFileSync(join(folder, file), 'utf8')) as object]));
}

/** What every node gives out about the journal, by path. */
export function journalDocuments(): ReadonlyMap<string, object> {
  const schemas = publishedSchemas();
  return new Map([
    ['/asyncapi.json', asyncApi(schemas, '/v1/schemas/')],
    ...[...schemas].map(([file, schema]) => [`/v1/schemas/${file}`, schema] as const),
  ]);
}
