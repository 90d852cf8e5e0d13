import pg from 'pg';

/** `posting` inserts for all tenants; `reader` sees one tenant at a time; `owner` migrates. */
export type DatabaseRole = 'owner' | 'posting' | 'reader';

export interface PoolOptions {
  readonly url: string;
  readonly role: DatabaseRole;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  readonly max?: number;
  /** For audits: the server refuses every write. */
  readonly readOnly?: boolean;
}

/**
 * A pool of connections that act as one of the three database roles (docs/architecture.md).
 * An idle connection that breaks is dropped by the pool; the next query gets a fresh one or an error.
 */
export function createPool({ url, role, name, max = 4, readOnly = false }: PoolOptions): pg.Pool {
  const pool = new pg.Pool({ ...connection(url, role, name, readOnly), max });
  // Without a listener an idle connection's error would end the process; the pool has already dropped it.
  pool.on('error', () => undefined);
  return pool;
}

/** A single connection, for LISTEN and for advisory locks, which live as long as their session. */
export function createClient({ url, role, name, readOnly = false }: PoolOptions): pg.Client {
  return new pg.Client(connection(url, role, name, readOnly));
}

/**
 * What takes longer on the posting path waits for something that does not come, such as a standby: the connection is
 * given up and the outcome is unknown. Audits and migrations may take their time.
 */
const QUERY_TIMEOUT_MS = 10_000;

/**
 * Everything on the posting path is an index lookup or an append, whatever the statistics of a fresh table say: plans
 * are made once and never scan.
 */
const INDEX_LOOKUPS_ONLY = ['-c plan_cache_mode=force_generic_plan', '-c enable_seqscan=off'];

/**
 * A node that is stopped in the middle of a transaction must not keep the head from the others, and who waits for a
 * lock on behalf of a connection that was given up must not stay.
 */
const NO_LEFTOVERS = ['-c idle_in_transaction_session_timeout=5s', '-c client_connection_check_interval=1s'];

function connection(url: string, role: DatabaseRole, name: string, readOnly: boolean): pg.ClientConfig {
  const settings = [
    ...(role === 'owner' ? [] : [`-c role=saldo_${role}`]),
    ...(role === 'posting' ? [...INDEX_LOOKUPS_ONLY, ...NO_LEFTOVERS] : []),
    ...(readOnly ? ['-c default_transaction_read_only=on'] : []),
    '-c jit=off',
  ];
  return {
    connectionString: url,
    application_name: `saldo:${name}`,
    options: settings.join(' '),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    ...(role === 'owner' || readOnly ? {} : { query_timeout: QUERY_TIMEOUT_MS }),
  };
}
