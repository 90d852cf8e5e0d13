import { PortTakenError } from './stack-error.js';
import type { StartContext } from './start-context.js';

const TRIES = 3;

/** Starts something on a free port; on another one when the first was taken between the look and the start. */
export async function onFreePort<T>(
  context: StartContext,
  use: string,
  standard: number,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    const port = await context.ports.pick({ remembered: context.record.state.ports[use], standard });
    context.record.setPort(use, port);
    try {
      return await start(port);
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === TRIES) throw error;
      context.onProgress(`${use}: port ${port} was taken meanwhile, trying another`);
    }
  }
}
