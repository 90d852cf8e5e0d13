import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../../config/package-root.js';
import type { FraudConfig } from '../../fraud/config/fraud-config.js';
import { readConfig } from '../../fraud/config/read-config.js';

export const DEFAULT_RULES = 'examples/fraud-rules.yaml';

/** @throws InvalidConfigError with a line for each fault, or that the file can not be read */
export function rulesIn(file: string | undefined): FraudConfig {
  const path = file ?? join(packageRoot(), DEFAULT_RULES);
  return readConfig(readFileSync(path, 'utf8'), path);
}
