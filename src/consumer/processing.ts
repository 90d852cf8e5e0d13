import type { Kafka } from 'kafkajs';
import type { KafkaOptions } from '../kafka/client.js';
import type { Item, PoisonRecord, Position } from './journal-event.js';

export interface ProcessingContext {
  readonly kafka: Kafka;
  readonly kafkaOptions: KafkaOptions;
  readonly cluster: string;
  readonly group: string;
  /** Names this instance where others look who holds a shard. */
  readonly instance: string;
  /** How many shards the journal has. */
  readonly shards: number;
}

/** How events are processed and where a group's positions are kept: see inPostgres, toKafka, atLeastOnce. */
export interface Processing {
  /** Before anything else, on every start of an instance; may be repeated. */
  start(context: ProcessingContext): Promise<void>;
  /** Whether nobody says that they hold the shard. */
  isFree(shard: number): Promise<boolean>;
  /** Takes the shard over: from here on nothing is committed by whoever had it. */
  open(shard: number): Promise<ShardSession>;
}

export interface ShardSession {
  /** Undefined if the group has not processed anything of the shard. */
  readonly position: Position | undefined;
  /**
   * Has the events handled and moves the position past them: both or neither, where the processing promises that.
   * @throws HandlerFailedError, ShardTakenOverError, or what broke: then the session is of no more use.
   */
  process(items: readonly Item[]): Promise<void>;
  /** Puts a record aside and moves the position past it, in one commit. */
  park(record: PoisonRecord, position: Position): Promise<void>;
  /** `released`: the shard is left in good order, so that who takes it over need not wait. */
  close(released: boolean): Promise<void>;
}
