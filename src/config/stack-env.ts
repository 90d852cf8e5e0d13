import { homedir } from 'node:os';
import { join } from 'node:path';
import { commaList, hostPorts, requireHostPort } from './host-ports.js';
import { requirePostgresUrl } from './postgres-url.js';

/** What the environment says about the servers: which already run elsewhere, and where tools and caches are. */
export interface StackEnv {
  /** Postgres URLs of shards 0, 1, …; when set, no shard server is started. */
  readonly shardUrls: readonly string[] | undefined;
  readonly controlUrl: string | undefined;
  /** `host:port` each. */
  readonly kafkaBrokers: readonly string[] | undefined;
  /** `host:port`. */
  readonly temporalAddress: string | undefined;
  readonly temporalUiUrl: string | undefined;
  /** An unpacked Kafka distribution (its `libs` folder is used). */
  readonly kafkaHome: string | undefined;
  readonly javaHome: string | undefined;
  /** The user's cache folder, absolute. */
  readonly userCache: string;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** The folder that keeps a stack's state unless a command names another; may be relative to the working folder. */
export function defaultStackDir(variables: Variables = process.env): string {
  return variables['SALDO_DIR']?.trim() || '.saldo';
}

/** Reads the stack's part of the environment. Throws a RangeError that names the variable when one is malformed. */
export function readStackEnv(variables: Variables = process.env): StackEnv {
  const text = (name: string) => variables[name]?.trim() || undefined;
  const shardUrls = commaList(text('SALDO_SHARD_URLS'));
  for (const url of shardUrls ?? []) requirePostgresUrl('SALDO_SHARD_URLS', url);
  const controlUrl = text('SALDO_CONTROL_URL');
  if (controlUrl !== undefined) requirePostgresUrl('SALDO_CONTROL_URL', controlUrl);
  const kafkaBrokers = hostPorts('SALDO_KAFKA_BROKERS', text('SALDO_KAFKA_BROKERS'));
  const temporalAddress = text('SALDO_TEMPORAL_ADDRESS');
  if (temporalAddress !== undefined) requireHostPort('SALDO_TEMPORAL_ADDRESS', temporalAddress);
  return {
    shardUrls,
    controlUrl,
    kafkaBrokers,
    temporalAddress,
    temporalUiUrl: text('SALDO_TEMPORAL_UI_URL')?.replace(/\/+$/, ''),
    kafkaHome: text('KAFKA_HOME'),
    javaHome: text('JAVA_HOME'),
    userCache: text('XDG_CACHE_HOME') ?? join(homedir(), '.cache'),
  };
}
