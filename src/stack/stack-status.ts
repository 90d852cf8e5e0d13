import { connect } from 'node:net';
import type { StackEnv } from '../config/stack-env.js';
import { externalAddresses, stackEnv } from './external.js';
import { stackPaths } from './paths.js';
import { isRunning } from './process-identity.js';
import { readState } from './state.js';

export interface ServiceStatus {
  /** For example `postgres-0`, `kafka`. */
  readonly service: string;
  /** `host:port`. */
  readonly address: string;
  /** Undefined for a server that was not started here. */
  readonly pid: number | undefined;
  readonly up: boolean;
}

const CONNECT_MS = 2_000;

/** Every server of the stack in this folder; empty when none was started and the environment names none. */
export async function stackStatus(dir: string): Promise<readonly ServiceStatus[]> {
  const env = stackEnv();
  const started = readState(stackPaths(dir, env).stateFile)?.running?.services ?? [];
  const own = started.map(async ({ name, address, process }) => {
    const up = isRunning(process) && (await accepts(address));
    return { service: name, address, pid: process.pid, up };
  });
  const external = externalServers(env).map(async ([service, address]) => {
    return { service, address, pid: undefined, up: await accepts(address) };
  });
  const all = await Promise.all([...external, ...own]);
  return all.sort((a, b) => a.service.localeCompare(b.service));
}

/** Name and `host:port` of each. */
function externalServers(env: StackEnv): readonly (readonly [string, string])[] {
  const { shardUrls = [], controlUrl, kafkaBrokers = [], temporalAddress } = externalAddresses(env);
  return [
    ...shardUrls.map((url, index) => [`postgres-${index}`, hostPort(url)] as const),
    ...(controlUrl ? [['postgres-control', hostPort(controlUrl)] as const] : []),
    ...kafkaBrokers.map((broker) => ['kafka', broker] as const),
    ...(temporalAddress ? [['temporal', temporalAddress] as const] : []),
  ];
}

/** Of a `postgres://` URL. */
function hostPort(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || '5432'}`;
}

function accepts(address: string): Promise<boolean> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(at + 1)), timeout: CONNECT_MS });
    const answer = (up: boolean) => {
      socket.destroy();
      resolve(up);
    };
    socket.once('connect', () => answer(true));
    socket.once('timeout', () => answer(false));
    socket.once('error', () => answer(false));
  });
}
