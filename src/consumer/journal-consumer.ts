import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Kafka } from 'kafkajs';
import { createKafka, type KafkaOptions } from '../kafka/client.js';
import { partitionsOf } from '../kafka/ensure-topic.js';
import { journalTopic } from '../kafka/journal-topic.js';
import type { Position } from './journal-event.js';
import { Membership } from './membership.js';
import { membersGroup } from './names.js';
import { type CompiledOptions, compileOptions, type JournalConsumerOptions } from './options.js';
import { ShardRunner, type ShardState } from './shard-runner.js';

export interface ShardStatus {
  readonly shard: number;
  readonly state: ShardState;
  readonly position: Position | undefined;
  /** What it last met and has not got over. */
  readonly fault: unknown;
}

/**
 * Reads a cluster's journal for a group: each shard's events in order and without a gap, each shard by one instance at a time,
 * processed as `processing` promises. Start any number of instances; kill them as you like.
 */
export class JournalConsumer {
  private readonly options: CompiledOptions;
  private readonly kafkaOptions: KafkaOptions;
  private readonly kafka: Kafka;
  private readonly runners = new Map<number, ShardRunner>();
  private membership: Membership | undefined;
  private paused = false;
  private stopping = false;
  /** Changes of what is assigned, one after the other. */
  private changes: Promise<void> = Promise.resolve();

  constructor(options: JournalConsumerOptions) {
    this.options = compileOptions(options);
    const { brokers, cluster, group, log } = this.options;
    this.kafkaOptions = { brokers, clientId: `${cluster}.${group}`, log };
    this.kafka = createKafka(this.kafkaOptions);
  }

  /** Resolves when this instance takes part; shards are processed from then on. */
  async start(): Promise<void> {
    const { kafka, kafkaOptions, options } = this;
    const { cluster, group, processing, shards, sessionTimeoutMs, onFault } = options;
    const topic = journalTopic(cluster);
    const count = await partitionsOf(kafka, topic);
    const instance = `${hostname()}:${process.pid}:${randomUUID()}`;
    await processing.start({ kafka, kafkaOptions, cluster, group, instance, shards: count });
    if (shards !== 'shared') {
      const missing = shards.find((shard) => !(shard >= 0 && shard < count));
      if (missing !== undefined)
        throw new RangeError(`there is no shard ${missing}: ${cluster} has ${count}`);
      this.assign(shards);
      return;
    }
    this.membership = new Membership({
      kafka,
      groupId: membersGroup(cluster, group),
      topic,
      sessionTimeoutMs,
      onAssigned: (assigned) => this.assign(assigned),
      onError: (error) => onFault({ shard: undefined, error, retryMs: 1_000 }),
    });
    await this.membership.start();
  }

  /** Finishes what is under way, commits it, releases the shards and leaves the group. */
  async stop(): Promise<void> {
    this.stopping = true;
    await this.changes;
    await Promise.all([...this.runners.values()].map((runner) => runner.stop()));
    await this.membership?.stop();
  }

  /** Processes nothing more until `resume`, of one shard or of all; what is under way is finished. */
  pause(shard?: number): void {
    if (shard === undefined) this.paused = true;
    for (const runner of this.chosen(shard)) runner.pause();
  }

  /** Goes on after `pause`, and takes a halted shard up again: its event is tried once more. */
  resume(shard?: number): void {
    if (shard === undefined) this.paused = false;
    for (const runner of this.chosen(shard)) runner.resume();
  }

  /** The shards that are this instance's at the moment. */
  status(): ShardStatus[] {
    return [...this.runners]
      .map(([shard, { state, position, fault }]) => ({ shard, state, position, fault }))
      .sort((a, b) => a.shard - b.shard);
  }

  private chosen(shard: number | undefined): readonly ShardRunner[] {
    return [...this.runners]
      .filter(([one]) => shard === undefined || one === shard)
      .map(([, runner]) => runner);
  }

  private assign(shards: readonly number[]): void {
    this.changes = this.changes.then(() => this.change(shards));
  }

  /** What stays goes on undisturbed; what goes is finished and released, and whoever gets it waits for that. */
  private async change(shards: readonly number[]): Promise<void> {
    if (this.stopping) return;
    const leaving = [...this.runners].filter(([shard]) => !shards.includes(shard));
    for (const shard of shards) {
      if (this.runners.has(shard)) continue;
      this.runners.set(shard, new ShardRunner(shard, this.options, this.kafkaOptions, this.paused));
    }
    await Promise.all(
      leaving.map(async ([shard, runner]) => {
        await runner.stop();
        this.runners.delete(shard);
      }),
    );
  }
}
