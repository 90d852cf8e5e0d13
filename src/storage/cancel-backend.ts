import { connect } from 'node:net';
import type pg from 'pg';

/** CancelRequest, see "Message Formats" in the Postgres manual: its length, its code, the backend's pid and secret. */
const LENGTH = 16;
const CODE = 80_877_102;

/**
 * Tells the server that nobody waits any more for what a connection asked: its backend, which may be waiting for a lock
 * or a standby, ends that wait instead of staying for ever. Never fails: it is a courtesy.
 */
export function cancelBackend(client: pg.ClientBase): void {
  const { host, port, processID, secretKey } = client as pg.ClientBase & Partial<BackendKey>;
  if (host === undefined || port === undefined || !processID || !secretKey) return;
  const request = Buffer.alloc(LENGTH);
  [LENGTH, CODE, processID, secretKey].forEach((word, index) => {
    request.writeInt32BE(word, 4 * index);
  });
  const socket = connect({ host, port, timeout: 1_000 }, () => socket.end(request));
  socket.on('timeout', () => socket.destroy());
  socket.on('error', () => undefined);
}

/** What pg keeps of its own connection. */
interface BackendKey {
  readonly host: string;
  readonly port: number;
  readonly processID: number;
  readonly secretKey: number;
}
