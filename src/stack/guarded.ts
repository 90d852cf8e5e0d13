import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { identifyProcess } from './process-identity.js';
import { scriptArguments } from './script.js';
import { type OwnedProcess, terminate } from './terminate.js';

/** The processes of a stack in this process's care; a guard process ends them should this one vanish. */
export class GuardedProcesses {
  readonly #owned: OwnedProcess[] = [];
  #guard: ChildProcess | undefined;
  #stopping = false;

  /** Takes a child into care. Returns undefined when it has already ended. */
  add(child: ChildProcess, stopSignal: NodeJS.Signals): OwnedProcess | undefined {
    const identity = child.pid === undefined ? undefined : identifyProcess(child.pid);
    if (!identity) return undefined;
    const owned = { ...identity, stopSignal };
    this.#owned.push(owned);
    this.#guard ??= this.#spawnGuard();
    this.#tell(owned);
    return owned;
  }

  /** Ends all of them, then the guard. Returns those that could not be ended. */
  async stop(): Promise<readonly OwnedProcess[]> {
    this.#stopping = true;
    const left = await terminate(this.#owned);
    const guard = this.#guard;
    if (guard && guard.exitCode === null && guard.signalCode === null) {
      guard.ref();
      const exited = once(guard, 'exit');
      guard.stdin?.end();
      await exited;
    }
    return left;
  }

  #spawnGuard(): ChildProcess {
    const guard = spawn(process.execPath, scriptArguments('guard'), {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      cwd: '/',
    });
    guard.unref();
    // A guard that went away shows as EPIPE here and as its exit below, where it is dealt with.
    guard.stdin?.on('error', () => undefined);
    guard.on('exit', () => {
      if (this.#stopping) return;
      this.#guard = this.#spawnGuard();
      for (const owned of this.#owned) this.#tell(owned);
    });
    return guard;
  }

  #tell(owned: OwnedProcess): void {
    this.#guard?.stdin?.write(`${JSON.stringify(owned)}\n`);
  }
}
