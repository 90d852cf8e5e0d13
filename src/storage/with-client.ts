import pg from 'pg';
import { cancelBackend } from './cancel-backend.js';

/**
 * Lends one connection of a pool for several statements. It is thrown away after any failure but a statement's own
 * (`keepAfter` says which), since nobody knows what state it is in.
 */
export async function withClient<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  keepAfter: (error: unknown) => boolean = () => false,
): Promise<T> {
  const client = await pool.connect();
  // A connection that breaks while it is lent tells the statement under way and emits an error besides; without a
  // listener that would end the process.
  const heard = (): undefined => undefined;
  client.on('error', heard);
  let broken = true;
  try {
    const result = await work(client);
    broken = false;
    return result;
  } catch (error) {
    broken = !(error instanceof pg.DatabaseError && keepAfter(error));
    // What pg says when its own clock ends a query: the server would go on.
    if (error instanceof Error && error.message === 'Query read timeout') cancelBackend(client);
    throw error;
  } finally {
    client.off('error', heard);
    client.release(broken);
  }
}
