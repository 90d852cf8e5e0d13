import { on } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { DivergenceError } from '../divergence.js';
import type { EventLines } from '../event-lines.js';
import type { MarkFaults } from '../marks/check-marks.js';
import { buffersOf, type WrittenMarks } from '../marks/mark-writer.js';
import type { ShardOutcome } from '../shard-audit.js';
import type { AuditedAccount } from '../shard-books.js';
import type { FromShard, FromThread, ShardJob, ToThread } from './messages.js';

/** Pieces handed over and not yet judged: enough to keep a thread busy, and a bound on memory. */
const AHEAD = 4;
/** Events are short-lived: with room for them to die young, less is copied. */
const YOUNG_MB = 96;

/** One shard's audit, as seen from the thread that reads. */
export interface RemoteAudit {
  readonly seq: number;
  readonly done: boolean;
  /** Hands events over; waits while too many are ahead. Throws the divergence that was found meanwhile. */
  take(lines: EventLines): Promise<void>;
  /** Waits until all was judged. Throws the divergence that was found. */
  drained(): Promise<void>;
  /** After the last event. Throws the divergence that was found. */
  finish(): Promise<void>;
  end(): Promise<{ readonly outcome: ShardOutcome; readonly accounts: ReadonlyMap<string, AuditedAccount> }>;
}

/** The audit's threads: each takes some of the shards, while this one reads and hashes for all. */
export class Threads {
  private readonly workers: Worker[];
  private readonly audits = new Map<number, Remote>();

  constructor(shards: number) {
    const count = Math.max(1, Math.min(shards, availableParallelism()));
    this.workers = Array.from({ length: count }, () => {
      const worker = new Worker(new URL('./shard-thread.js', import.meta.url), {
        resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
      });
      worker.on('message', (message: FromThread) => {
        if (message.kind !== 'marked') this.audits.get(message.shard)?.heard(message);
      });
      worker.on('error', (error) => {
        for (const audit of this.audits.values()) audit.broke(error);
      });
      return worker;
    });
  }

  open(job: ShardJob): RemoteAudit {
    const worker = this.workers[job.shard % this.workers.length];
    if (worker === undefined) throw new RangeError('there is no thread');
    const audit = new Remote(job.shard, worker);
    this.audits.set(job.shard, audit);
    worker.postMessage({ kind: 'open', job } satisfies ToThread);
    return audit;
  }

  /** Checks the marks of all shards in a thread that has ended its own. */
  async checkMarks(written: readonly WrittenMarks[]): Promise<MarkFaults> {
    const [worker] = this.workers;
    if (worker === undefined) throw new RangeError('there is no thread');
    worker.postMessage({ kind: 'marks', written } satisfies ToThread, buffersOf(written));
    for await (const [message] of on(worker, 'message') as AsyncIterable<[FromThread]>) {
      if (message.kind === 'marked') return message.faults;
      if (message.kind === 'broken') throw new Error(message.message);
    }
    throw new Error('the marks were not checked');
  }

  async close(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.terminate()));
  }
}

class Remote implements RemoteAudit {
  seq = 0;
  done = false;
  private ahead = 0;
  private failure: Error | undefined;
  private ended: Extract<FromThread, { readonly kind: 'ended' }> | undefined;
  private wake: () => void = () => undefined;

  constructor(
    private readonly shard: number,
    private readonly worker: Worker,
  ) {}

  async take(lines: EventLines): Promise<void> {
    this.check();
    const { shard } = this;
    this.ahead += 1;
    const buffers = [lines.bytes.buffer, lines.bounds.buffer, lines.hashes.buffer];
    this.worker.postMessage({ kind: 'lines', shard, lines } satisfies ToThread, buffers);
    await this.until(() => this.ahead < AHEAD);
    this.check();
  }

  async drained(): Promise<void> {
    await this.until(() => this.ahead === 0);
    this.check();
  }

  async finish(): Promise<void> {
    this.ahead += 1;
    this.worker.postMessage({ kind: 'finish', shard: this.shard } satisfies ToThread);
    await this.drained();
  }

  async end(): Promise<{ outcome: ShardOutcome; accounts: ReadonlyMap<string, AuditedAccount> }> {
    await this.until(() => this.ahead === 0);
    this.worker.postMessage({ kind: 'end', shard: this.shard } satisfies ToThread);
    await this.until(() => this.ended !== undefined);
    const { ended } = this;
    if (ended === undefined) throw this.failure ?? new Error('the audit of a shard did not end');
    return ended;
  }

  heard(message: FromShard): void {
    if (message.kind === 'ended') this.ended = message;
    else if (message.kind === 'broken') this.failure = new Error(message.message);
    else {
      this.ahead -= 1;
      this.seq = message.seq;
      this.done = message.done;
      if (message.divergence !== undefined) this.failure ??= new DivergenceError(message.divergence);
    }
    this.wake();
  }

  broke(error: Error): void {
    this.failure = error;
    this.wake();
  }

  private check(): void {
    if (this.failure !== undefined) throw this.failure;
  }

  private async until(holds: () => boolean): Promise<void> {
    while (!holds() && !(this.failure !== undefined && !(this.failure instanceof DivergenceError))) {
      await new Promise<void>((resolve) => {
        this.wake = resolve;
      });
    }
  }
}
