import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

const PATIENCE_MS = 1_000;

/** Ends a connection. A server that hangs, or is gone without a word, ends its side never: then this side is cut off. */
export async function endClient(client: pg.Client): Promise<void> {
  const ended = client.end().then(
    () => true,
    () => true,
  );
  const late = delay(PATIENCE_MS, false, { ref: false });
  if (!(await Promise.race([ended, late]))) client.connection.stream.destroy();
}
