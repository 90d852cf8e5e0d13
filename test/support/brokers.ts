import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kafka } from 'kafkajs';
import { readStackEnv } from '../../src/config/stack-env.js';
import { createKafka, type KafkaOptions } from '../../src/kafka/client.js';
import { kafkaTools, startBroker } from '../../src/stack/kafka/broker.js';
import { stackPaths } from '../../src/stack/paths.js';
import { testStart } from './stack-context.js';
import { until } from './until.js';

/** A Kafka of a test's own, of one broker or of three; each topic is on all of them, and of three what was acknowledged is on two. */
export interface Brokers {
  readonly kafka: Kafka;
  readonly kafkaOptions: KafkaOptions;
  /** As it is when the power goes. */
  kill(node: number): Promise<void>;
  /** What was killed comes back on what it had. */
  restart(node: number): Promise<void>;
  /** Whether its process is there. */
  runs(node: number): boolean;
  /** Which node leads a partition, once one does. */
  leaderOf(topic: string, partition: number): Promise<number>;
  /** Whether each node has all that a partition's leader has. */
  allInSync(topic: string, partition: number): Promise<boolean>;
  /** The partition's copies, in their order of preference; resolves when they are there. */
  place(topic: string, partition: number, nodes: readonly number[]): Promise<void>;
  close(): Promise<void>;
}

/** They live for a minute: compiling them well costs more than it gives. */
const QUICK = ['-XX:TieredStopAtLevel=1'];
/** Brokers on a machine that has other things to do. */
export const PATIENCE_MS = 60_000;

/** `fileMiB`: until it is started again no file of a broker's can be larger: its disk is full, for whoever writes to that file. */
export async function startBrokers(count: 1 | 3, fileMiB?: number): Promise<Brokers> {
  const all = Array.from({ length: count }, (_, i) => i + 1);
  const env = readStackEnv();
  const own = testStart(env);
  const { cacheDir } = stackPaths(own.folder, env);
  const context = { ...own.context, paths: { ...own.context.paths, cacheDir } };
  const tools = await kafkaTools(context);
  const port = () => context.ports.pick({ remembered: undefined, standard: 0 });
  const nodes = await Promise.all(all.map(async () => ({ broker: await port(), controller: await port() })));
  const start = async (node: number, java = tools.java): Promise<void> => {
    const [name, folder] = [`kafka-${node}`, join(context.dataDir, `kafka-${node}`)];
    const options = { name, label: name, folder, nodes, index: node - 1, jvm: QUICK };
    await startBroker(context, { ...tools, java }, options);
  };
  const first = fileMiB === undefined ? tools.java : limited(own.folder, tools.java, fileMiB);
  await Promise.all(all.map((node) => start(node, first)));
  const processOf = (node: number): number => {
    const services = context.record.state.running?.services ?? [];
    const pid = services.findLast(({ name }) => name === `kafka-${node}`)?.process.pid;
    if (pid === undefined) throw new Error(`node ${node} was never started`);
    return pid;
  };
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
    kill: async (node) => void process.kill(processOf(node), 'SIGKILL'),
    restart: (node) => start(node),
    runs: (node) => isThere(processOf(node)),
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
    allInSync: async (topic, partition) => (await partitionOf(topic, partition))?.isr.length === count,
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

/** A Java that can write no file larger than that. */
function limited(folder: string, java: string, fileMiB: number): string {
  const script = join(folder, 'java-with-little-room');
  // A shell's unit is 512 bytes.
  writeFileSync(script, `#!/bin/sh\nulimit -f ${fileMiB * 2_048}\nexec '${java}' "$@"\n`, { mode: 0o755 });
  return script;
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
