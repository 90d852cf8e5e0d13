import { UnavailableError } from '../../../src/errors/shard-errors.js';
import type { Operation } from '../support/load.js';
import { round } from '../support/measure.js';
import type { BenchRow } from '../support/row.js';
import { PAYEES, type SagaBench } from './saga-bench.js';

export interface DeadShardOptions {
  /** How many shards live; the one after them hangs. */
  readonly alive: number;
  readonly halt: () => void;
  readonly resume: () => void;
  /** Of a load of transfers between shards that live. */
  readonly measure: (operation: Operation, warmUpMs: number) => Promise<BenchRow>;
  /** How many transfers across shards are open. */
  readonly open: () => Promise<number>;
  readonly onProgress: (line: string) => void;
}

/** How many a second touch the shard that hangs. */
const TOUCHING = 200;
const LOOK_MS = 100;
const PATIENCE_MS = 300_000;

/** Transfers between shards that live: with all there, when one more begins to hang, and when it has hung for a while. */
export async function measureDeadShard(
  saga: SagaBench,
  { alive, halt, resume, measure, open, onProgress }: DeadShardOptions,
): Promise<BenchRow> {
  const operation = saga.transfersAmong(alive);
  const before = await measure(operation, 4_000);
  onProgress(`dead_shard: with all there ${before.rate}/s, p50 ${before.p50_ms} ms, p99 ${before.p99_ms} ms`);
  // A payee whom the node never saw it can not vouch for while his shard is away.
  const toAll = saga.transferTo(alive);
  await Promise.all(Array.from({ length: PAYEES }, toAll));
  const touching = new Touching(saga.transferTo(alive, 0));
  halt();
  try {
    const first = await measure(operation, 0);
    onProgress(`dead_shard: at first ${first.rate}/s, p50 ${first.p50_ms} ms, p99 ${first.p99_ms} ms`);
    const later = await measure(operation, 0);
    const { accepted, refused } = await touching.stop();
    resume();
    const back = performance.now();
    while ((await open()) > 0) {
      if (performance.now() - back > PATIENCE_MS) throw new Error('not all ended when the shard was back');
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    const endedMs = Math.round(performance.now() - back);
    return {
      ...later,
      ratio: round(later.rate / before.rate, 2),
      of: 'the same with all shards there',
      note: `with all there p99 ${before.p99_ms} ms; the first seconds: ${round(first.rate / before.rate, 2)} of it, p99 ${first.p99_ms} ms; touching it: ${accepted} accepted, ${refused} refused, all ended ${endedMs} ms after it was back`,
    };
  } finally {
    resume();
    await touching.stop();
  }
}

/** Transfers that touch the shard, so many a second, whatever becomes of them. */
class Touching {
  accepted = 0;
  refused = 0;
  private readonly timer: NodeJS.Timeout;
  private readonly pending = new Set<Promise<void>>();

  constructor(private readonly operation: Operation) {
    this.timer = setInterval(() => this.send(), 1_000 / TOUCHING);
  }

  private send(): void {
    const sent = this.operation()
      .then(() => {
        this.accepted += 1;
      })
      .catch((error: unknown) => {
        if (!(error instanceof UnavailableError)) throw error;
        this.refused += 1;
      })
      .finally(() => this.pending.delete(sent));
    this.pending.add(sent);
  }

  async stop(): Promise<{ readonly accepted: number; readonly refused: number }> {
    clearInterval(this.timer);
    await Promise.all(this.pending);
    return this;
  }
}
