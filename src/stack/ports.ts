import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { StackError } from './stack-error.js';

// Below the range from which systems take the local ports of outgoing connections.
const RANDOM_FROM = 15_000;
const RANDOM_TO = 30_000;
const TRIES = 200;

/** Hands out ports of 127.0.0.1 that are free now, none of them twice. */
export class Ports {
  readonly #taken = new Set<number>();

  /** `ephemeral`: random ports in place of the defaults. */
  constructor(private readonly ephemeral: boolean) {}

  /** The remembered port if free, else the default one, else the next free above it. */
  async pick(preferred: {
    readonly remembered: number | undefined;
    readonly standard: number;
  }): Promise<number> {
    const { remembered, standard } = preferred;
    if (remembered !== undefined && (await this.#take(remembered))) return remembered;
    for (let tries = 0; tries < TRIES; tries++) {
      const port = this.ephemeral ? randomInt(RANDOM_FROM, RANDOM_TO) : standard + tries;
      if (await this.#take(port)) return port;
    }
    throw new StackError(
      `No free port from ${standard} to ${standard + TRIES}: end what listens there, then try again.`,
    );
  }

  async #take(port: number): Promise<boolean> {
    if (this.#taken.has(port)) return false;
    this.#taken.add(port);
    return isFree(port);
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
