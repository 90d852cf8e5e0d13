/** A database did not answer. To an API client: 503 with Retry-After. */
export class UnavailableError extends Error {
  override readonly name: string = 'UnavailableError';
  constructor(
    readonly database: string,
    message: string,
    options?: ErrorOptions,
  ) {
    super(`${database}: ${message}`, options);
  }
}

/**
 * The shard could not be asked, or did not answer: whether the commands took effect is not known.
 * Asking again under the same ids finds out. To an API client: 503 with Retry-After.
 */
export class ShardUnavailableError extends UnavailableError {
  override readonly name = 'ShardUnavailableError';
  constructor(shard: number, message: string, options?: ErrorOptions) {
    super(`shard ${shard}`, message, options);
  }
}

export type StopCause = 'writer_version' | 'epoch' | 'unknown_event' | 'wrong_shard';

/** This node must not write the shard any more, until it is restarted or replaced: an operator is needed. */
export class ShardStoppedError extends Error {
  override readonly name = 'ShardStoppedError';
  readonly database: string;
  constructor(
    shard: number,
    readonly stopCause: StopCause,
    message: string,
  ) {
    super(`this node stopped writing shard ${shard}: ${message}`);
    this.database = `shard ${shard}`;
  }
}

/** One command that Postgres itself refuses (SQLSTATE classes 22, 23, 54): a bug, and this command's alone. */
export class CommandFailedError extends Error {
  override readonly name = 'CommandFailedError';
}
