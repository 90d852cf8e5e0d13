import type { Consumer, Kafka } from 'kafkajs';

export interface MembershipOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  readonly topic: string;
  readonly sessionTimeoutMs: number;
  /** The shards that are this instance's now; called after each rebalance. */
  readonly onAssigned: (shards: readonly number[]) => void;
  readonly onError: (error: unknown) => void;
}

const HEARTBEAT_MS = 500;
const RESTART_MS = 1_000;

/**
 * This instance's place in a Kafka consumer group, for the one thing the group is asked: which shards are whose. What is
 * assigned is paused at once, and read elsewhere at the offsets that the positions say.
 */
export class Membership {
  private consumer: Consumer | undefined;
  private stopped = false;
  private restarting: Promise<void> = Promise.resolve();

  constructor(private readonly options: MembershipOptions) {}

  async start(): Promise<void> {
    const { kafka, groupId, topic, sessionTimeoutMs, onAssigned, onError } = this.options;
    const consumer = kafka.consumer({
      groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: sessionTimeoutMs,
      heartbeatInterval: HEARTBEAT_MS,
      maxWaitTimeInMs: HEARTBEAT_MS,
      allowAutoTopicCreation: false,
    });
    this.consumer = consumer;
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      const partitions = payload.memberAssignment[topic] ?? [];
      consumer.pause([{ topic, partitions }]);
      if (!this.stopped) onAssigned(partitions);
    });
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      onError(payload.error);
      // It starts again by itself after some errors, not after others.
      if (!payload.restart) this.restart();
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic] });
    // Whatever slips through before the pause is read again by the shard's reader.
    const eachBatch = async (): Promise<void> => undefined;
    await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch });
  }

  /** Leaves the group, so that the others need not wait for this one. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.restarting;
    await this.consumer?.disconnect();
  }

  private restart(): void {
    this.restarting = this.restarting.then(async () => {
      while (!this.stopped) {
        await this.consumer?.disconnect().catch(() => undefined);
        await new Promise((resolve) => setTimeout(resolve, RESTART_MS));
        try {
          return await this.start();
        } catch (error) {
          this.options.onError(error);
        }
      }
    });
  }
}
