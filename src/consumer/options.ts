import type { PoisonRecord, Position } from './journal-event.js';
import type { Processing } from './processing.js';
import type { StartAt } from './start-position.js';

/** Something went wrong with a shard, or (undefined) with this instance's place in the group. */
export interface ConsumerFault {
  readonly shard: number | undefined;
  readonly error: unknown;
  /** When it is tried again by itself; absent: the shard is halted until `resume(shard)`. */
  readonly retryMs?: number;
}

export interface JournalConsumerOptions {
  /** `host:port` each. */
  readonly brokers: readonly string[];
  /** The ledger's cluster: its journal is the topic `<cluster>.journal`. */
  readonly cluster: string;
  /** Instances of one group share the shards; each group reads all of the journal. Letters, digits, dashes. */
  readonly group: string;
  /** Exactly once in Postgres, exactly once to Kafka, or at least once. */
  readonly processing: Processing;
  /** `shared` (the default): the group's instances share them out by themselves. A list: this instance takes these. */
  readonly shards?: 'shared' | readonly number[];
  /** Where to start in a shard of which the group has processed nothing; from the beginning if left out. */
  readonly from?: StartAt;
  /** What to do with an event that can not be processed: halt its shard (the default), or put it aside and go on. */
  readonly onPoison?: 'stop' | 'park';
  /** Told whatever goes wrong; what the consumer can mend by trying again, it tries again. */
  readonly onFault: (fault: ConsumerFault) => void;
  /** Told of each event that was put aside. */
  readonly onParked?: (record: PoisonRecord) => void;
  /**
   * Called each time a shard is taken up or taken up again, before its first event: whatever the handler keeps in memory of
   * that shard must be made anew for the position (see readJournal). Undefined: nothing was processed yet.
   */
  readonly prepare?: (shard: number, position: Position | undefined) => Promise<void>;
  /** How many events one commit takes at most: 500 if left out. */
  readonly maxEvents?: number;
  /** How often an event whose handler fails is tried before it counts as poison: 3 if left out. */
  readonly attempts?: number;
  /** Whether an error of the handler is of the moment (a server that is away), and to be tried for ever. */
  readonly isPassing?: (error: unknown) => boolean;
  /** After how long without a sign an instance counts as gone: 10 s if left out. */
  readonly sessionTimeoutMs?: number;
  /** How long a shard that its last instance did not leave in good order is waited for: 3 s if left out. */
  readonly handoverMs?: number;
  /** Takes what the Kafka client has to say from `warn` up. */
  readonly log?: (level: 'warn' | 'error', message: string) => void;
}

export type CompiledOptions = Required<Omit<JournalConsumerOptions, 'prepare' | 'isPassing'>> &
  Pick<JournalConsumerOptions, 'prepare' | 'isPassing'>;

const NAME = /^[a-z][a-z0-9-]{0,47}$/;

/** @throws RangeError that names the option */
export function compileOptions(options: JournalConsumerOptions): CompiledOptions {
  const { group, cluster, maxEvents = 500, attempts = 3 } = options;
  if (!NAME.test(group))
    throw new RangeError(`group must be lower-case letters, digits and dashes: "${group}"`);
  if (!NAME.test(cluster))
    throw new RangeError(`cluster must be lower-case letters, digits and dashes: "${cluster}"`);
  if (options.brokers.length === 0) throw new RangeError('brokers must name one at least');
  for (const [name, value] of Object.entries({ maxEvents, attempts })) {
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number above 0`);
  }
  const from = options.from ?? 'beginning';
  if (typeof from === 'object' && 'time' in from) {
    if (Number.isNaN(from.time.getTime())) throw new RangeError('from.time is no time');
    if (from.time.getTime() > Date.now() + 60_000) throw new RangeError('from.time is in the future');
  }
  return {
    shards: 'shared',
    onPoison: 'stop',
    sessionTimeoutMs: 10_000,
    handoverMs: 3_000,
    log: () => undefined,
    onParked: () => undefined,
    ...options,
    from,
    maxEvents,
    attempts,
  };
}
