import { once } from 'node:events';

/** Resolves with the first SIGINT or SIGTERM; a second one ends the process at once. */
export async function untilSignal(): Promise<NodeJS.Signals> {
  const [signal] = (await Promise.race([
    once(process, 'SIGINT').then(() => ['SIGINT']),
    once(process, 'SIGTERM').then(() => ['SIGTERM']),
  ])) as [NodeJS.Signals];
  const now = (): never => process.exit(130);
  process.once('SIGINT', now);
  process.once('SIGTERM', now);
  return signal;
}

/** Resolves when standard input ends, as it does when the process at its other end is gone, however it went. */
export async function untilStdinEnds(): Promise<void> {
  process.stdin.resume();
  await Promise.race([once(process.stdin, 'end'), once(process.stdin, 'close')]);
}
