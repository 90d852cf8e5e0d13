import type pg from 'pg';

/** A commit that is on this server and perhaps nowhere else: nobody may be told of it. */
export class UnreplicatedError extends Error {
  override readonly name = 'UnreplicatedError';
}

interface Notice {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * Does something that commits. Where somebody cancels the wait for a synchronous standby, Postgres lets the COMMIT
 * succeed with no more than a warning (01000, or 57P01 when it ends the connection): here that is an error, and the
 * outcome is unknown. Nothing that commits here has another reason to warn; the text is in the server's language.
 */
export async function replicated<T>(client: pg.ClientBase, commit: () => Promise<T>): Promise<T> {
  let warning: string | undefined;
  const heard = ({ code = '', message = '' }: Notice): void => {
    if (/^(01|57)/.test(code)) warning = message;
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
