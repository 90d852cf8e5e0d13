import type { StackAddresses } from './addresses.js';
import { identifySelf } from './process-identity.js';
import { type RunningState, type ServiceState, type StackState, writeState } from './state.js';
import type { OwnedProcess } from './terminate.js';

/** stack.json as its owner sees it: every change is in the file before the call returns. */
export class StackRecord {
  #state: StackState;

  constructor(
    private readonly file: string,
    state: StackState,
    mode: RunningState['mode'],
  ) {
    const owner = identifySelf();
    this.#state = { ...state, running: { owner, mode, processes: [], services: [], addresses: null } };
    writeState(file, this.#state);
  }

  get state(): StackState {
    return this.#state;
  }

  setPort(use: string, port: number): void {
    this.#write({ ports: { ...this.#state.ports, [use]: port } });
  }

  addProcess(process: OwnedProcess): void {
    this.#run((running) => ({ processes: [...running.processes, process] }));
  }

  addService(service: ServiceState): void {
    this.#run((running) => ({ services: [...running.services, service] }));
  }

  /** `shards`: how many have their data here. */
  setReady(addresses: StackAddresses, shards: number): void {
    this.#write({ shards });
    this.#run(() => ({ addresses }));
  }

  setStopped(): void {
    this.#write({ running: null });
  }

  #run(change: (running: RunningState) => Partial<RunningState>): void {
    const running = this.#state.running;
    if (running) this.#write({ running: { ...running, ...change(running) } });
  }

  #write(change: Partial<StackState>): void {
    this.#state = { ...this.#state, ...change };
    writeState(this.file, this.#state);
  }
}
