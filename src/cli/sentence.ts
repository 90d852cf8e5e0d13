import { told } from './told.js';

/** Runs a command's action; what went wrong is one sentence on stderr and an exit status, never a stack trace. */
export function sentence<A extends readonly unknown[]>(
  action: (...args: A) => Promise<void>,
  status = 1,
): (...args: A) => Promise<void> {
  return async (...args) => {
    try {
      await action(...args);
    } catch (error) {
      process.stderr.write(`saldo: ${told(error)}\n`);
      process.exitCode = status;
    }
  };
}
