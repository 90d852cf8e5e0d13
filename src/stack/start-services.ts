import type { StackAddresses } from './addresses.js';
import { startKafka } from './kafka/server.js';
import { postgresBinaries } from './postgres/binaries.js';
import { startPostgres } from './postgres/server.js';
import { serverUser } from './postgres/server-user.js';
import type { StartContext } from './start-context.js';
import { startTemporal } from './temporal/server.js';
import { together } from './together.js';

export interface ServicesOptions {
  readonly shards: number;
  /** What the environment names is not started. Shards come with a control database or not at all. */
  readonly external: Partial<StackAddresses>;
}

const CONTROL = 'saldo_control';

/** Starts the servers side by side. */
export async function startServices(
  context: StartContext,
  options: ServicesOptions,
): Promise<StackAddresses> {
  const { kafkaBrokers, temporalAddress, temporalUiUrl } = options.external;
  const [databases, brokers, temporal] = await together(context, [
    startDatabases(context, options),
    kafkaBrokers ? Promise.resolve(kafkaBrokers) : startKafka(context).then((broker) => [broker]),
    temporalAddress ? Promise.resolve(temporalAddress) : startTemporal(context),
  ]);
  const uiPort = temporalAddress ? undefined : context.record.state.ports['temporal-ui'];
  const ui = uiPort === undefined ? temporalUiUrl : `http://127.0.0.1:${uiPort}`;
  return {
    ...databases,
    kafkaBrokers: brokers,
    temporalAddress: temporal,
    ...(ui === undefined ? {} : { temporalUiUrl: ui }),
  };
}

async function startDatabases(
  context: StartContext,
  options: ServicesOptions,
): Promise<Pick<StackAddresses, 'shardUrls' | 'controlUrl'>> {
  const { shardUrls, controlUrl } = options.external;
  if (shardUrls && controlUrl) return { shardUrls, controlUrl };
  const [binaries, user] = await together(context, [postgresBinaries(context), serverUser(context)]);
  const start = async (shard: number) => {
    const database = `saldo_shard_${shard}`;
    const withControl = shard === 0 && controlUrl === undefined;
    const databases = withControl ? [database, CONTROL] : [database];
    const server = await startPostgres(context, { shard, databases, binaries, user });
    return { shardUrl: server.url(database), controlUrl: server.url(CONTROL) };
  };
  const first = start(0);
  const servers = [first, ...Array.from({ length: options.shards - 1 }, (_, index) => start(index + 1))];
  const started = await together(context, servers);
  return {
    shardUrls: started.map((server) => server.shardUrl),
    controlUrl: controlUrl ?? (await first).controlUrl,
  };
}
