/** The caller's fault: what was searched for is malformed. To an API client: 400. */
export class InvalidSearchError extends Error {
  override readonly name = 'InvalidSearchError';
  constructor(
    /** Of the query. */
    readonly field: string,
    message: string,
  ) {
    super(message);
  }
}
