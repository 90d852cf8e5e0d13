import type pg from 'pg';
import { createClient } from './pools.js';
import { WakeUp } from './wake-up.js';

/** Is told the head's sequence after a commit; nothing where commits may have been missed, or somebody only knocked. */
type CommitListener = (seq?: number) => void;

const RECONNECT_MS = 500;

/** Listens for a shard's commits (`saldo_head`) on one connection for all who wait. Reconnects by itself. */
export class HeadWatch {
  private readonly listeners = new Set<CommitListener>();
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly url: string) {}

  /** Starts listening; a shard that is down now is tried again. */
  start(): void {
    this.connect().catch(() => this.reconnect());
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    this.committed();
    await this.client?.end().catch(() => undefined);
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

  private async connect(): Promise<void> {
    const client = createClient({ url: this.url, role: 'posting', name: 'head-watch' });
    client.on('error', () => this.reconnect());
    client.on('end', () => this.reconnect());
    client.on('notification', ({ payload = '' }) =>
      this.committed(/^\d+$/.test(payload) ? Number(payload) : undefined),
    );
    this.client = client;
    await client.connect();
    await client.query('LISTEN saldo_head');
    // What was committed while nobody listened.
    this.committed();
  }

  private reconnect(): void {
    if (this.stopped || this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.start();
    }, RECONNECT_MS);
  }
}
