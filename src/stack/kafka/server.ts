import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { secondsSince } from '../elapsed.js';
import { onFreePorts } from '../port-retry.js';
import { lastLines, run } from '../run.js';
import { startServer } from '../server.js';
import { explainFileError, StackError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';
import { together } from '../together.js';
import { findJava } from './java.js';
import { kafkaLibraries } from './libraries.js';
import { brokerIsRegistered } from './probe.js';
import { kafkaProperties } from './settings.js';

const PORTS = { kafka: 9192, 'kafka-controller': 9193 };
const READY_MS = 120_000;
// Kafka's own log4j files are not in the jars: slf4j-simple writes to stderr, and with it to the log file.
const JVM = [
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  '-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss.SSS',
];

/** Starts the broker. Returns its `host:port`. */
export async function startKafka(context: StartContext): Promise<string> {
  const [java, libraries] = await together(context, [findJava(context), kafkaLibraries(context)]);
  const started = performance.now();
  const folder = join(context.dataDir, 'kafka');
  const classPath = join(libraries, '*');
  const address = await onFreePorts(context, PORTS, async (ports) => {
    const port = ports.kafka;
    await prepareFolder(folder, kafkaProperties({ broker: port, controller: ports['kafka-controller'] }));
    await format(context, { java, classPath, folder });
    await startServer(context, {
      name: 'kafka',
      label: 'Kafka',
      port,
      command: java,
      args: ['-Xmx256m', ...JVM, '-cp', classPath, 'kafka.Kafka', 'server.properties'],
      cwd: folder,
      stopSignal: 'SIGTERM',
      isReady: () => brokerIsRegistered(port, context.record.state.kafkaClusterId),
      timeoutMs: READY_MS,
    });
    return `127.0.0.1:${port}`;
  });
  context.onProgress(`Kafka: ready on ${address} (${secondsSince(started)})`);
  return address;
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
