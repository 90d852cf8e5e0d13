import { type AnchorConfig, readAnchorConfig } from './anchor-config.js';
import { requirePostgresUrl } from './postgres-url.js';

/** What a node does. Nodes are symmetric: any number of them, each with any roles. */
export const ROLES = ['api', 'worker', 'relay', 'pump', 'search'] as const;
export type Role = (typeof ROLES)[number];

/** Where a node's metrics are to be had: nowhere, at the API's own port, or at an address of their own. */
export type MetricsConfig =
  | { readonly kind: 'off' }
  | { readonly kind: 'api' }
  | { readonly kind: 'own'; readonly host: string; readonly port: number };

export interface NodeConfig {
  /** Names the cluster in every event, topic and task queue; fixed when its databases are made. */
  readonly cluster: string;
  /** The tenant made at the first start, and how its accounts are placed. */
  readonly tenant: string;
  readonly placement: 'compact' | 'spread';
  /** The tenant's first API key; made up if there is none. */
  readonly apiKey: string | undefined;
  readonly temporalNamespace: string;
  /** The read model's database; if there is none, one beside the control database, made when it is not there. */
  readonly searchUrl: string | undefined;
  readonly logLevel: string;
  /** How long after its intake a transfer across shards may still be undecided, milliseconds. */
  readonly sagaDeadlineMs: number;
  /** A transfer across shards that is open for longer is shown as one that needs an operator, milliseconds. */
  readonly needsOperatorAfterMs: number;
  readonly metrics: MetricsConfig;
  readonly anchors: AnchorConfig;
  /** How long a transfer may wait for a decision before it is rejected, milliseconds. */
  readonly reviewDeadlineMs: number;
  /** How long it may wait before it is listed as escalated, milliseconds. */
  readonly reviewEscalateMs: number;
  /** Amounts above which a transfer waits for a decision: `CZK=10000.00,EUR=500`; empty: none. */
  readonly reviewAbove: string;
  /** `name` or `name:3` (the third time), comma-separated: where to die. Only with NODE_ENV=test. */
  readonly faults: string;
}

const LOG_LEVELS: readonly string[] = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads a node's own part of the environment. Throws a RangeError that names the variable when one is malformed. */
export function readNodeConfig(variables: Variables = process.env): NodeConfig {
  const text = (name: string, fallback: string): string => variables[name]?.trim() || fallback;
  const placement = text('SALDO_TENANT_PLACEMENT', 'spread');
  if (placement !== 'compact' && placement !== 'spread') {
    throw new RangeError(`SALDO_TENANT_PLACEMENT must be compact or spread, but holds "${placement}"`);
  }
  const cluster = text('SALDO_CLUSTER', 'saldo');
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(cluster)) {
    throw new RangeError(
      `SALDO_CLUSTER must be lower-case letters, digits and dashes, at most 32: "${cluster}"`,
    );
  }
  const seconds = (name: string, fallback: string): number => {
    const value = Number(text(name, fallback));
    if (Number.isFinite(value) && value > 0) return value;
    throw new RangeError(`${name} must be a number of seconds above 0`);
  };
  const logLevel = text('SALDO_LOG_LEVEL', 'info');
  if (!LOG_LEVELS.includes(logLevel)) {
    throw new RangeError(`SALDO_LOG_LEVEL must be one of ${LOG_LEVELS.join(', ')}, but holds "${logLevel}"`);
  }
  const faults = text('SALDO_FAULTS', '');
  if (faults !== '' && variables['NODE_ENV'] !== 'test') {
    throw new RangeError('SALDO_FAULTS kills the node on purpose and is only for tests (NODE_ENV=test)');
  }
  return {
    cluster,
    tenant: text('SALDO_TENANT', 'main'),
    placement,
    apiKey: variables['SALDO_API_KEY']?.trim() || undefined,
    searchUrl: searchUrl(variables['SALDO_SEARCH_URL']?.trim()),
    temporalNamespace: text('SALDO_TEMPORAL_NAMESPACE', 'default'),
    logLevel,
    sagaDeadlineMs: seconds('SALDO_SAGA_DEADLINE_SECONDS', '3600') * 1_000,
    needsOperatorAfterMs: seconds('SALDO_NEEDS_OPERATOR_AFTER', '900') * 1_000,
    reviewDeadlineMs: seconds('SALDO_REVIEW_DEADLINE_SECONDS', '604800') * 1_000,
    reviewEscalateMs: seconds('SALDO_REVIEW_ESCALATE_SECONDS', '86400') * 1_000,
    reviewAbove: text('SALDO_REVIEW_ABOVE', ''),
    metrics: metricsConfig(text('SALDO_METRICS', 'off')),
    anchors: readAnchorConfig(variables),
    faults,
  };
}

function searchUrl(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined;
  requirePostgresUrl('SALDO_SEARCH_URL', value);
  return value;
}

/** `off`, `api`, a port of the loopback, or an address with a port. */
function metricsConfig(value: string): MetricsConfig {
  if (value === 'off' || value === 'api') return { kind: value };
  const [, host = '127.0.0.1', digits] = /^(?:(.+):)?(\d{1,5})$/.exec(value) ?? [];
  const port = Number(digits);
  if (!(port <= 65_535)) {
    throw new RangeError(`SALDO_METRICS must be off, api, a port or an address with a port: "${value}"`);
  }
  return { kind: 'own', host: host.replace(/^\[(.*)\]$/, '$1'), port };
}
