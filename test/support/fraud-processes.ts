import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { childEnv } from '../../src/config/child-env.js';
import { packageRoot } from '../../src/config/package-root.js';
import { API_KEY, type TestNodes } from './test-nodes.js';

export interface FraudProcess {
  /** All that it has printed. */
  said(): string;
  /** Resolves with its exit status; null where the signal ended it. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/** `saldo fraud run --json` over a test's nodes, acting for their tenant at `api`. */
export class FraudProcesses {
  private readonly running = new Set<ChildProcess>();

  constructor(private readonly nodes: () => TestNodes) {}

  start(api: string, ...args: readonly string[]): FraudProcess {
    const script = join(packageRoot(), 'bin', 'saldo.js');
    const env = childEnv({ ...this.nodes().env, SALDO_FRAUD_API_KEYS: `acme=${API_KEY}` });
    const child = spawn(process.execPath, [script, 'fraud', 'run', '--api', api, '--json', ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.running.add(child);
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (data: Buffer) => {
        text += data.toString();
      });
    return { said: () => text, stop: (signal) => this.stop(child, signal) };
  }

  async close(): Promise<void> {
    await Promise.all([...this.running].map((child) => this.stop(child, 'SIGKILL')));
  }

  private async stop(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
    this.running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const closed = once(child, 'close');
    child.kill(signal);
    await closed;
    return child.exitCode;
  }
}
