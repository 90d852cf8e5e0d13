import type pg from 'pg';

/** A commit that is on this server and perhaps nowhere else: nobody may be told of it. */
export class UnreplicatedError extends Error {
  override readonly name = 'UnreplicatedError';
}

/**
 * Does something that commits. Where somebody cancels the wait for a synchronous standby, Postgres lets the COMMIT
 * succeed with no more than a warning: here that is an error, and the outcome is unknown.
 */
export async function replicated<T>(client: pg.ClientBase, commit: () => Promise<T>): Promise<T> {
  let warning: string | undefined;
  const heard = ({ message = '' }: { readonly message?: string | undefined }): void => {
    if (message.includes('synchronous replication')) warning = message;
  };
  client.on('notice', heard);
  try {
    const result = await commit();
    if (warning !== undefined) throw new UnreplicatedError(warning);
    return result;
  } finally {
    client.off('notice', heard);
  }
}
