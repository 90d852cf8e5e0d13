import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { readStackEnv } from '../../src/config/stack-env.js';
import { createKafka, type KafkaOptions } from '../../src/kafka/client.js';
import { kafkaTools, startBroker } from '../../src/stack/kafka/broker.js';
import { stackPaths } from '../../src/stack/paths.js';
import { testStart } from './stack-context.js';
import { until } from './until.js';

/** A Kafka of three brokers, each topic on all of them: what was acknowledged is on two. Nodes are 1, 2 and 3. */
export interface ThreeBrokers {
  readonly kafka: Kafka;
  readonly kafkaOptions: KafkaOptions;
  /** As it is when the power goes. */
  kill(node: number): Promise<void>;
  /** What was killed comes back on what it had. */
  restart(node: number): Promise<void>;
  /** Which node leads a partition, once one does. */
  leaderOf(topic: string, partition: number): Promise<number>;
  /** Whether each node has all that a partition's leader has. */
  allInSync(topic: string, partition: number): Promise<boolean>;
  /** The partition's copies, in their order of preference; resolves when they are there. */
  place(topic: string, partition: number, nodes: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

const NODES = [1, 2, 3] as const;
/** They live for a minute: compiling them well costs more than it gives. */
const QUICK = ['-XX:TieredStopAtLevel=1'];
/** Three brokers on a machine that has other things to do. */
export const PATIENCE_MS = 60_000;

export async function startThreeBrokers(): Promise<ThreeBrokers> {
  const env = readStackEnv();
  const own = testStart(env);
  const { cacheDir } = stackPaths(own.folder, env);
  const context = { ...own.context, paths: { ...own.context.paths, cacheDir } };
  const tools = await kafkaTools(context);
  const port = () => context.ports.pick({ remembered: undefined, standard: 0 });
  const nodes = await Promise.all(
    NODES.map(async () => ({ broker: await port(), controller: await port() })),
  );
  const start = async (node: number): Promise<void> => {
    const [name, folder] = [`kafka-${node}`, join(context.dataDir, `kafka-${node}`)];
    await startBroker(context, tools, { name, label: name, folder, nodes, index: node - 1, jvm: QUICK });
  };
  await Promise.all(NODES.map(start));
  const brokers = nodes.map(({ broker }) => `127.0.0.1:${broker}`);
  const kafkaOptions = { brokers, clientId: 'test', log: () => undefined };
  const kafka = createKafka(kafkaOptions);
  const admin = kafka.admin();
  await admin.connect();
  const partitionOf = async (topic: string, partition: number) => {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    return topics[0]?.partitions.find(({ partitionId }) => partitionId === partition);
  };
  return {
    kafka,
    kafkaOptions,
    kill: async (node) => {
      const services = context.record.state.running?.services ?? [];
      const pid = services.findLast(({ name }) => name === `kafka-${node}`)?.process.pid;
      if (pid === undefined) throw new Error(`node ${node} does not run`);
      process.kill(pid, 'SIGKILL');
    },
    restart: start,
    leaderOf: async (topic, partition) => {
      let leader = -1;
      await until(
        'the partition has a leader',
        async () => {
          leader = (await partitionOf(topic, partition).catch(() => undefined))?.leader ?? -1;
          return leader > 0;
        },
        PATIENCE_MS,
      );
      return leader;
    },
    allInSync: async (topic, partition) => (await partitionOf(topic, partition))?.isr.length === NODES.length,
    place: async (topic, partition, replicas) => {
      const partitionAssignment = [{ partition, replicas: [...replicas] }];
      await admin.alterPartitionReassignments({ topics: [{ topic, partitionAssignment }] });
      await until(
        'the copies are where they were sent',
        async () => {
          const { replicas: now = [], isr = [] } = (await partitionOf(topic, partition)) ?? {};
          return now.join() === replicas.join() && isr.length === replicas.length;
        },
        PATIENCE_MS,
      );
    },
    close: async () => {
      await admin.disconnect();
      await own.close();
    },
  };
}
