/** What went wrong with the stack, as one sentence for a person, with the cure. Shown without a stack trace. */
export class StackError extends Error {
  override readonly name = 'StackError';
}

/** A server could not listen on the port that was free a moment ago. */
export class PortTakenError extends StackError {}

/** Gives file-system errors that a person can cure a sentence; leaves every other error as it is. */
export function explainFileError(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const path = 'path' in error && typeof error.path === 'string' ? ` (${error.path})` : '';
  switch (error.code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new StackError(`The disk is full${path}: free some space, then ${doing} again.`, {
        cause: error,
      });
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return new StackError(
        `This user may not do that here${path}: change the owner or choose another folder with --dir, then ${doing} again.`,
        { cause: error },
      );
    default:
      return error;
  }
}
