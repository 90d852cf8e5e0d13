import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { packageRoot } from '../../src/config/package-root.js';
import { asyncApi } from '../../src/journal/asyncapi.js';
import { publishedSchemas } from '../../src/main/documents.js';

/** docs/asyncapi.yaml as it must be: `npm run asyncapi` writes it, a test compares. */
export const asyncApiYaml = (): string =>
  `# Written by npm run asyncapi from schemas/v1.\n${stringify(asyncApi(publishedSchemas(), '../schemas/v1/'))}`;

if (process.argv[1]?.endsWith('write-asyncapi.ts') === true) {
  writeFileSync(join(packageRoot(), 'docs', 'asyncapi.yaml'), asyncApiYaml());
}
