import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { lastLines, run } from '../run.js';
import { startServer } from '../server.js';
import { explainFileError, StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';
import { together } from '../together.js';
import { findJava } from './java.js';
import { kafkaLibraries } from './libraries.js';
import { brokerIsRegistered } from './probe.js';
import { type KafkaPorts, kafkaProperties } from './settings.js';

const READY_MS = 120_000;
// Kafka's own log4j files are not in the jars: slf4j-simple writes to stderr, and with it to the log file.
const JVM = [
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

export interface KafkaTools {
  readonly java: string;
  readonly classPath: string;
}

export async function kafkaTools(context: StartContext): Promise<KafkaTools> {
  const [java, libraries] = await together(context, [findJava(context), kafkaLibraries(context)]);
  return { java, classPath: join(libraries, '*') };
}

export interface BrokerOptions {
  /** Of the process, and of its log. */
  readonly name: string;
  readonly label: string;
  /** Where it keeps what it has; of its own. */
  readonly folder: string;
  /** Every node of its cluster. */
  readonly nodes: readonly KafkaPorts[];
  /** Which of the nodes it is. */
  readonly index: number;
  /** More options of Java's. */
  readonly jvm?: readonly string[];
}

/** Starts one node of a Kafka cluster, anew or on what it has, and waits until it serves. */
export async function startBroker(
  context: StartContext,
  { java, classPath }: KafkaTools,
  { name, label, folder, nodes, index, jvm = [] }: BrokerOptions,
): Promise<void> {
  const port = nodes[index]?.broker ?? 0;
  await prepareFolder(folder, kafkaProperties(nodes, index));
  await format(context, { java, classPath, folder });
  await startServer(context, {
    name,
    label,
    port,
    command: java,
    args: ['-Xmx256m', ...JVM, ...jvm, '-cp', classPath, 'kafka.Kafka', 'server.properties'],
    cwd: folder,
    stopSignal: 'SIGTERM',
    isReady: () => brokerIsRegistered(port, context.record.state.kafkaClusterId),
    timeoutMs: READY_MS,
  });
}

async function prepareFolder(folder: string, properties: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(join(folder, 'server.properties'), properties);
  } catch (error) {
    throw explainFileError(error, 'start the stack');
  }
}

async function format(
  context: StartContext,
  broker: { readonly java: string; readonly classPath: string; readonly folder: string },
): Promise<void> {
  const done = join(broker.folder, 'formatted');
  if (existsSync(done)) return;
  await rm(join(broker.folder, 'log'), { recursive: true, force: true });
  const id = context.record.state.kafkaClusterId;
  const tool = ['kafka.tools.StorageTool', 'format', `--cluster-id=${id}`, '--config', 'server.properties'];
  const args = ['-Xmx128m', '-XX:TieredStopAtLevel=1', ...JVM, '-cp', broker.classPath, ...tool];
  const result = await run(context, broker.java, args, { cwd: broker.folder });
  if (result.kind === 'missing' || result.exitCode !== 0) {
    const output = result.kind === 'missing' ? '' : result.output;
    throw new StackError(
      `Kafka could not format its data folder ${broker.folder}. The output ends so:\n${lastLines(output, 8)}`,
    );
  }
  await writeFile(done, '');
}
