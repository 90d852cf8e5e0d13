import { type Command, InvalidArgumentError } from 'commander';
import { archiveSource } from '../../audit/archive/archive-source.js';
import { readManifest } from '../../audit/archive/manifest.js';
import type { JournalSource } from '../../audit/journal-source.js';
import { kafkaSource } from '../../audit/kafka-source.js';
import { readNodeConfig } from '../../config/node-config.js';
import { defaultStackDir } from '../../config/stack-env.js';
import { findStack } from '../../stack/find-stack.js';
import { addressesIn, noServers } from '../command-line.js';
import { journalNow } from './journal-now.js';
import { kafkaOptionsOf, seconds } from './servers.js';

/** What every command that reads the journal can be told about where it is. */
export interface FromOptions {
  readonly archive?: string;
  readonly kafka?: readonly string[];
  readonly dir: string;
  readonly cluster: string;
  /** Seconds. */
  readonly patience: number;
}

export const fromOptions = (command: Command): Command =>
  command
    .option('--archive <folder>', 'read the journal from an archive; no server is needed')
    .option('--kafka <host:port,…>', "read it from these brokers, not from the stack's", brokers)
    .option('--dir <folder>', "the stack's folder, to find its servers", defaultStackDir())
    .option('--cluster <name>', "the cluster's name", readNodeConfig().cluster)
    .option('--patience <seconds>', 'how long to wait for events a relay has yet to publish', seconds, 30);

export interface JournalFrom {
  readonly source: JournalSource;
  /** By shard: how many events there are now. Empty where they are read up to what the shards have. */
  readonly upTo: readonly number[];
  /** Empty where nothing is to be compared. */
  readonly shardUrls: readonly string[];
}

/** The journal that the options name, and the shards it is compared with where that is wanted. */
export async function journalFrom(
  options: FromOptions,
  { compare }: { readonly compare: boolean },
): Promise<JournalFrom> {
  const { archive, kafka, dir, cluster, patience } = options;
  if (archive !== undefined && kafka !== undefined)
    throw new Error('the journal is read from --archive or from --kafka, not from both');
  const shardUrls = compare ? shardsIn(dir, archive === undefined) : [];
  if (archive !== undefined) {
    const source = archiveSource(archive, await readManifest(archive));
    return { source, upTo: source.holds ?? [], shardUrls };
  }
  if (!compare) return { ...(await journalNow(options)), shardUrls };
  const brokersOf = { kafkaBrokers: kafka ?? addressesIn(dir).kafkaBrokers };
  const source = kafkaSource(kafkaOptionsOf(brokersOf, cluster), cluster, patience * 1_000);
  return { source, upTo: [], shardUrls };
}

function shardsIn(dir: string, optional: boolean): readonly string[] {
  const found = findStack(dir);
  if (found !== undefined) return found.shardUrls;
  throw new Error(`${noServers(dir)}${optional ? ', or leave the shards out: --journal-only' : ''}`);
}

function brokers(text: string): string[] {
  const found = text.split(',').map((one) => one.trim());
  if (found.every((one) => /^[^\s:]+:\d{1,5}$/.test(one))) return found;
  throw new InvalidArgumentError('Brokers as host:port, separated by commas.');
}
