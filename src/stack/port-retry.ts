import { PortTakenError } from './stack-error.js';
import type { StartContext } from './start-context.js';

const TRIES = 3;

/**
 * Starts something on free ports, on others when one was taken between the look and the start.
 * `standard`: the default port by use; the last ones used, in the record, come first.
 */
export async function onFreePorts<Use extends string, T>(
  context: StartContext,
  standard: Readonly<Record<Use, number>>,
  start: (ports: Readonly<Record<Use, number>>) => Promise<T>,
): Promise<T> {
  const uses = Object.keys(standard) as Use[];
  for (let tries = 1; ; tries++) {
    const ports: Record<Use, number> = { ...standard };
    for (const use of uses) {
      ports[use] = await context.ports.pick({
        remembered: context.record.state.ports[use],
        standard: standard[use],
      });
      context.record.setPort(use, ports[use]);
    }
    try {
      return await start(ports);
    } catch (error) {
      if (!(error instanceof PortTakenError) || tries === TRIES) throw error;
      context.onProgress(`${uses[0]}: a port was taken meanwhile, trying others`);
    }
  }
}
