import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StackAddresses } from '../../../src/stack/addresses.js';
import { resetStack } from '../../../src/stack/reset-stack.js';
import { type RunningStack, startStack } from '../../../src/stack/stack.js';

interface StateFile {
  readonly running: { readonly services: readonly { name: string; process: { pid: number } }[] };
}

/** A Temporal of a benchmark's own, which can be stopped and started again at the same address. */
export class TemporalServer {
  private readonly dir = mkdtempSync(join(tmpdir(), 'saldo-bench-temporal-'));
  private running: RunningStack | undefined;

  constructor(private readonly elsewhere: StackAddresses) {}

  /** `host:port`. */
  get address(): string {
    if (this.running === undefined) throw new Error('Temporal is not running');
    return this.running.addresses.temporalAddress;
  }

  get pid(): number {
    const state = JSON.parse(readFileSync(join(this.dir, 'stack.json'), 'utf8')) as StateFile;
    const server = state.running.services.find(({ name }) => name === 'temporal');
    if (server === undefined) throw new Error('Temporal is not running');
    return server.process.pid;
  }

  async start(): Promise<void> {
    const { shardUrls, controlUrl, kafkaBrokers } = this.elsewhere;
    const external = { shardUrls, controlUrl, kafkaBrokers };
    const onProgress = (): void => undefined;
    const before = this.running?.addresses.temporalAddress;
    this.running = await startStack({
      dir: this.dir,
      shards: 1,
      ephemeralPorts: true,
      onProgress,
      external,
    });
    if (before !== undefined && before !== this.address) {
      throw new Error(`somebody took ${before}, where Temporal was: run the benchmark again`);
    }
  }

  stop(): Promise<void> {
    return this.running?.stop() ?? Promise.resolve();
  }

  async remove(): Promise<void> {
    await this.stop();
    await resetStack({ dir: this.dir, onProgress: () => undefined });
    rmSync(this.dir, { recursive: true, force: true });
  }
}
