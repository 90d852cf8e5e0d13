import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

const PATIENCE_MS = 1_000;

/** Ends a connection. A server that hangs, or is gone without a word, ends its side never: nobody waits for that. */
export async function endClient(client: pg.Client): Promise<void> {
  const ended = client.end().catch(() => undefined);
  await Promise.race([ended, delay(PATIENCE_MS, undefined, { ref: false })]);
}
