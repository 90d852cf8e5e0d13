import type pg from 'pg';
import { replicated } from './replicated.js';
import { withClient } from './with-client.js';

/** Forces a WAL record, whose commit waits for the standby; nothing at all where no standby is set. */
const EMIT = `SELECT CASE WHEN current_setting('synchronous_standby_names') <> ''
                          THEN pg_logical_emit_message(true, 'saldo.barrier', '')::text END AS lsn`;
/** How long a server that had no standby is taken to have none. */
const ALONE_MS = 1_000;

/**
 * What stands between reading a shard and saying so: after a crash a primary shows commits that its synchronous standby
 * never had, so whoever read them waits until a later record has arrived there. Shared: all who come while one is on
 * its way wait for the next.
 */
export class Barrier {
  private current: Promise<void> = Promise.resolve();
  private next: Promise<void> | undefined;
  private aloneUntilMs = 0;

  constructor(private readonly pool: pg.Pool) {}

  /** Resolves when everything that was visible when it was called can not be undone by a failover any more. */
  pass(): Promise<void> {
    if (performance.now() < this.aloneUntilMs) return Promise.resolve();
    this.next ??= this.current
      .catch(() => undefined)
      .then(() => {
        this.current = this.emit();
        this.next = undefined;
        return this.current;
      });
    return this.next;
  }

  private async emit(): Promise<void> {
    const { rows } = await withClient(this.pool, (client) =>
      replicated(client, () => client.query<{ lsn: string | null }>(EMIT)),
    );
    if (rows[0]?.lsn === null) this.aloneUntilMs = performance.now() + ALONE_MS;
  }
}
