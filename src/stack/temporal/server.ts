import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { secondsSince } from '../elapsed.js';
import { onFreePorts } from '../port-retry.js';
import { startServer } from '../server.js';
import { explainFileError } from '../stack-error.js';
import type { StartContext } from '../start-context.js';
import { NAMESPACE, type TemporalListen, temporalArguments } from './arguments.js';
import { temporalBinary } from './binary.js';

const PORTS = { temporal: 7333, 'temporal-ui': 8333 };
const READY_MS = 60_000;
// A user's own settings for the CLI are not for this server.
const WITHOUT_USER_SETTINGS = ['--disable-config-file', '--disable-config-env'];

/** Starts the server on a database file. Returns its `host:port`. */
export async function startTemporal(context: StartContext): Promise<string> {
  const binary = await temporalBinary(context);
  const started = performance.now();
  const folder = join(context.dataDir, 'temporal');
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw explainFileError(error, 'start the stack');
  }
  await onFreePorts(context, PORTS, (ports) =>
    startServer(context, {
      name: 'temporal',
      label: 'Temporal',
      port: ports.temporal,
      command: binary,
      args: [...temporalArguments(listenOn(ports)), ...WITHOUT_USER_SETTINGS],
      cwd: folder,
      stopSignal: 'SIGTERM',
      isReady: async (log) => hasStarted(log()) && hasNamespace(`127.0.0.1:${ports.temporal}`),
      timeoutMs: READY_MS,
    }),
  );
  const { temporal, 'temporal-ui': ui } = context.record.state.ports;
  const address = `127.0.0.1:${temporal}`;
  context.onProgress(
    `Temporal: ready on ${address}, its pages on http://127.0.0.1:${ui} (${secondsSince(started)})`,
  );
  return address;
}

function listenOn(ports: Readonly<Record<keyof typeof PORTS, number>>): TemporalListen {
  return { database: 'temporal.db', ip: '127.0.0.1', port: ports.temporal, uiPort: ports['temporal-ui'] };
}

// What it prints when it serves, of all versions from 1.5; a namespace could be another stack's, on a port just taken.
function hasStarted(log: string): boolean {
  return /^(Temporal )?Server: /m.test(log);
}

async function hasNamespace(address: string): Promise<boolean> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: 1_000 });
    await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
    return true;
  } catch {
    return false;
  } finally {
    await connection?.close();
  }
}
