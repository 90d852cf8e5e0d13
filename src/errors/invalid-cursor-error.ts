/** A cursor that this feed did not give, gave to another tenant, or gave of events that are not there. */
export class InvalidCursorError extends Error {
  override readonly name = 'InvalidCursorError';
}
