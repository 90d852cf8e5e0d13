import { join } from 'node:path';
import { secondsSince } from '../elapsed.js';
import { onFreePorts } from '../port-retry.js';
import type { StartContext } from '../start-context.js';
import { kafkaTools, startBroker } from './broker.js';

const PORTS = { kafka: 9192, 'kafka-controller': 9193 };

/** Starts the broker. Returns its `host:port`. */
export async function startKafka(context: StartContext): Promise<string> {
  const tools = await kafkaTools(context);
  const started = performance.now();
  const address = await onFreePorts(context, PORTS, async (ports) => {
    await startBroker(context, tools, {
      name: 'kafka',
      label: 'Kafka',
      folder: join(context.dataDir, 'kafka'),
      nodes: [{ broker: ports.kafka, controller: ports['kafka-controller'] }],
      index: 0,
    });
    return `127.0.0.1:${ports.kafka}`;
  });
  context.onProgress(`Kafka: ready on ${address} (${secondsSince(started)})`);
  return address;
}
