import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../config/package-root.js';

const READY_MS = 60_000;

/** A node as a process of its own, to be killed and started again at the same address. */
export class NodeProcess {
  private child: ChildProcess | undefined;
  private port = 0;

  constructor(
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly logFile: string,
    /** Further arguments of `saldo node`. */
    private readonly args: readonly string[] = [],
    /** Of the release that it runs. */
    private readonly root = packageRoot(),
  ) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Resolves when the node says it is ready. `changes`: to its environment, this time. */
  async start(changes: Readonly<Record<string, string>> = {}): Promise<void> {
    const log = openSync(this.logFile, 'a');
    const script = join(this.root, 'bin', 'saldo.js');
    const child = spawn(
      process.execPath,
      [script, 'node', '--port', String(this.port), '--while-stdin-open', ...this.args],
      {
        env: { ...this.env, ...changes },
        // The node ends with this process, even if that is killed: its standard input ends then.
        stdio: ['pipe', 'pipe', log],
      },
    );
    this.child = child;
    const { stdout } = child;
    if (stdout === null) throw new Error('the node has no output to read');
    let text = '';
    const ready = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(this.failed('was not ready in time')), READY_MS);
      child.once('exit', (code) => reject(this.failed(`ended with ${code} before it was ready`)));
      stdout.on('data', (data: Buffer) => {
        text += data.toString();
        const [, port] = /ready on http:\/\/127\.0\.0\.1:(\d+)/.exec(text) ?? [];
        if (port === undefined) return;
        this.port = Number(port);
        clearTimeout(timer);
        resolve();
      });
    });
    await ready;
  }

  /** Resolves with the signal that ended the node, or null if it ended by itself. */
  async ended(): Promise<NodeJS.Signals | null> {
    const { child } = this;
    if (child === undefined) throw new Error('the node was never started');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    return child.signalCode;
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Lets it finish what it is doing. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { child } = this;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  private failed(what: string): Error {
    return new Error(`a node ${what}; its log is ${this.logFile}`);
  }
}
