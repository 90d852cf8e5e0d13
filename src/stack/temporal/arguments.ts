import { SEARCH_ATTRIBUTES } from '../../config/search-attributes.js';

export const NAMESPACE = 'default';

// Eager activities save a round trip each. The rates are limits made for shared clusters: here one machine is the limit.
const DYNAMIC_CONFIG: Readonly<Record<string, number | boolean>> = {
  'system.enableActivityEagerExecution': true,
  'frontend.rps': 100_000,
  'frontend.namespaceRPS': 100_000,
  'frontend.namespaceCount': 10_000,
  'history.rps': 100_000,
  'matching.rps': 100_000,
  'frontend.persistenceMaxQPS': 100_000,
  'history.persistenceMaxQPS': 100_000,
  'matching.persistenceMaxQPS': 100_000,
};

export interface TemporalListen {
  /** File. */
  readonly database: string;
  readonly ip: string;
  readonly port: number;
  readonly uiPort: number;
}

/** The command line of the development server, after the program's name. */
export function temporalArguments({ database, ip, port, uiPort }: TemporalListen): readonly string[] {
  const listen = ['--ip', ip, '--port', String(port), '--ui-ip', ip, '--ui-port', String(uiPort)];
  const dynamic = Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
    '--dynamic-config-value',
    `${key}=${value}`,
  ]);
  const attributes = Object.entries(SEARCH_ATTRIBUTES).flatMap(([key, type]) => [
    '--search-attribute',
    `${key}=${type}`,
  ]);
  const other = ['--ui-disable-news-fetch', '--log-level', 'warn'];
  const storage = ['--db-filename', database, '--namespace', NAMESPACE];
  return ['server', 'start-dev', ...storage, ...listen, ...dynamic, ...attributes, ...other];
}
