import type pg from 'pg';
import { endClient } from './end-client.js';
import { createClient } from './pools.js';
import { WakeUp } from './wake-up.js';

/** Is told the head's sequence after a commit; nothing where commits may have been missed, or somebody only knocked. */
type CommitListener = (seq?: number) => void;

const RECONNECT_MS = 500;
const HEARTBEAT_MS = 2_000;

/**
 * Listens for a shard's commits (`saldo_head`) on one connection for all who wait. Reconnects by itself, also where the server
 * is gone without a word: whoever only listens would never be told (TCP says so after two hours).
 */
export class HeadWatch {
  private readonly listeners = new Set<CommitListener>();
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly url: string) {}

  /** Starts listening; a shard that is down now is tried again. */
  start(): void {
    const client = createClient({ url: this.url, role: 'posting', name: 'head-watch' });
    this.client = client;
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    client.on('notification', ({ payload = '' }) =>
      this.committed(/^\d+$/.test(payload) ? Number(payload) : undefined),
    );
    this.listen(client).catch(() => this.lost(client));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.committed();
    if (this.client !== undefined) await endClient(this.client);
  }

  /** A wake-up at each commit, until the signal is aborted. */
  subscribe(until?: AbortSignal): WakeUp {
    const wakeUp = new WakeUp();
    const end = this.onCommit(() => wakeUp.wake());
    if (until?.aborted === true) end();
    until?.addEventListener('abort', end, { once: true });
    return wakeUp;
  }

  /** Calls the listener at each commit; what is returned ends that. */
  onCommit(listener: CommitListener): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private committed(seq?: number): void {
    for (const listener of this.listeners) listener(seq);
  }

  private async listen(client: pg.Client): Promise<void> {
    await client.connect();
    await client.query('LISTEN saldo_head');
    // What was committed while nobody listened.
    this.committed();
    this.beat(client);
  }

  private beat(client: pg.Client): void {
    if (this.stopped || this.client !== client) return;
    this.timer = setTimeout(() => {
      client.query('SELECT 1').then(
        () => this.beat(client),
        () => this.lost(client),
      );
    }, HEARTBEAT_MS);
  }

  private lost(client: pg.Client): void {
    if (this.stopped || this.client !== client) return;
    this.client = undefined;
    void endClient(client);
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.start(), RECONNECT_MS);
  }
}
