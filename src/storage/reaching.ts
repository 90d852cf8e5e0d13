import pg from 'pg';
import { UnavailableError } from '../errors/shard-errors.js';

/** Classes of SQLSTATE that say the server, not the statement, is at fault: connection, resources, operator, system. */
const SERVER_AT_FAULT = /^(08|53|57|58|XX)/;

/** Does a read; what fails because the database can not be asked becomes an UnavailableError that names it. */
export async function reaching<T>(database: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    // drizzle wraps what the driver threw.
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (reason instanceof pg.DatabaseError && !SERVER_AT_FAULT.test(reason.code ?? '')) throw error;
    if (error instanceof UnavailableError || error instanceof TypeError || error instanceof RangeError)
      throw error;
    throw new UnavailableError(database, error instanceof Error ? error.message : String(error), {
      cause: error,
    });
  }
}
