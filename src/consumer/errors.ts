/** Another instance of the group works on the shard now: what this one had begun is not committed. */
export class ShardTakenOverError extends Error {
  override readonly name = 'ShardTakenOverError';

  constructor(group: string, shard: number, options: ErrorOptions = {}) {
    super(`another instance of the group ${group} has taken over shard ${shard}`, options);
  }
}

/** For a handler to throw: this event will never be processed, and trying again is of no use. */
export class PoisonEventError extends Error {
  override readonly name = 'PoisonEventError';
}

/** Why a shard stopped at an event that could not be processed; `cause` has what the handler threw. */
export class EventNotProcessedError extends Error {
  override readonly name = 'EventNotProcessedError';

  constructor(
    readonly shard: number,
    /** Undefined where the record is no event at all. */
    readonly seq: number | undefined,
    readonly offset: number,
    options: ErrorOptions & { readonly reason: string },
  ) {
    const what = seq === undefined ? `the record at offset ${offset}` : `event ${seq}`;
    super(`${what} of shard ${shard} can not be processed: ${options.reason}`, options);
  }
}

/** Between a session and its runner: the handler threw at `index`; `done` events before it are committed. */
export class HandlerFailedError extends Error {
  override readonly name = 'HandlerFailedError';

  constructor(
    readonly index: number,
    readonly done: number,
    cause: unknown,
  ) {
    super(`the handler failed: ${reasonOf(cause)}`, { cause });
  }
}

export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** SQLSTATE classes that speak of the server or the moment, not of the event: connection, rollback, resources, operator. */
const PASSING = /^(08|40|53|57|58|25P0)/;
const SOCKET = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EAI_AGAIN',
  'ENOTFOUND',
  'EHOSTUNREACH',
]);

/** Whether an error is of the servers or the moment, so that trying again helps, and no event is to blame. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && (SOCKET.has(code) || (code.length === 5 && PASSING.test(code))))
    return true;
  if (error.name.startsWith('KafkaJS')) return true;
  // What pg says of a connection that ended under a query has no code.
  if (/^Connection terminated|^Client has encountered a connection error/.test(error.message)) return true;
  return cause !== undefined && isPassing(cause);
}
