import type { Command } from 'commander';
import { ROLES, readNodeConfig } from '../config/node-config.js';
import { defaultStackDir } from '../config/stack-env.js';
import { keptApiKey } from '../main/api-key-file.js';
import { startNode } from '../main/node.js';
import { checkpointsIn } from '../main/signing-key-file.js';
import { startStack } from '../stack/stack.js';
import { createLogger } from '../telemetry/logger.js';
import { portOption, shardsOption } from './node-options.js';
import { sentence } from './sentence.js';
import { untilSignal } from './until-signal.js';

interface StartOptions {
  readonly dir: string;
  readonly shards: number;
  readonly port: number;
}

/** `saldo start`: the servers and a node with all roles in this terminal. */
export function startCommand(command: Command): void {
  command
    .option('--dir <folder>', 'where the data, the logs and the API key are kept', defaultStackDir())
    .option(
      '--shards <number>',
      'Postgres servers, one a shard; a folder that has more keeps them',
      shardsOption(1),
      2,
    )
    .option('--port <number>', 'the port of the API; 0 takes a free one', portOption, 7400)
    .action(sentence(run));
}

async function run({ dir, shards, port }: StartOptions): Promise<void> {
  const stack = await startStack({ dir, shards, onProgress: (line) => process.stdout.write(`${line}\n`) });
  try {
    const config = readNodeConfig();
    const apiKey = config.apiKey ?? keptApiKey(dir);
    const logger = createLogger({ level: config.logLevel });
    const { addresses } = stack;
    const node = await startNode({
      config: { ...config, apiKey },
      addresses,
      roles: ROLES,
      host: '127.0.0.1',
      port,
      checkpoints: checkpointsIn(dir),
      logger,
    });
    const { temporalUiUrl } = addresses;
    process.stdout.write(welcome({ url: node.url ?? '', key: apiKey, dir, temporalUiUrl }));
    await untilSignal();
    process.stdout.write('\ndraining …\n');
    await node.stop();
  } finally {
    await stack.stop();
  }
}

interface Welcome {
  readonly url: string;
  readonly key: string;
  readonly dir: string;
  readonly temporalUiUrl: string | undefined;
}

const welcome = ({ url, key, dir, temporalUiUrl }: Welcome): string => `
Saldo is ready.
  API       ${url}
  OpenAPI   ${url}/openapi.json${temporalUiUrl === undefined ? '' : `\n  Temporal  ${temporalUiUrl}`}
  API key   ${key}

Open an account:
  curl -s ${url}/v1/accounts -H 'Authorization: Bearer ${key}' \\
       -H 'Content-Type: application/json' -d '{"asset":"EUR","min_balance":null}'

README.md goes on with a first transfer; docs/api.md has every operation.
Ctrl-C stops it; the data stay in ${dir}.
`;
