import type pg from 'pg';
import type { TransferSagaInput, TransferSagaResult } from '../../workflows/contract.js';
import { type OpenIntent, readOpenIntents } from '../storage/statements/read-open-intents.js';
import type { WakeUp } from '../storage/wake-up.js';

/** Starts a saga under an id, or joins the one that runs under it; resolves when it has ended, rejects if it failed. */
export type StartSaga = (workflowId: string, input: TransferSagaInput) => Promise<TransferSagaResult>;

export interface PumpOptions {
  readonly shard: number;
  readonly cluster: string;
  /** As the posting role. */
  readonly pool: pg.Pool;
  /** Woken by the shard's commits; the pump wakes itself when a saga ends. */
  readonly wake: WakeUp;
  /** Nothing may be acted on that a failover can undo. */
  readonly barrier: { pass(): Promise<void> };
  readonly startSaga: StartSaga;
  readonly onError: (error: unknown) => void;
  /** Most transfers in one workflow. */
  readonly maxBatch?: number;
  /** Most workflows of one route at a time: a dead shard holds up only its own routes. */
  readonly maxPerRoute?: number;
}

const POLL_MS = 1_000;
const RETRY_MS = 1_000;

/**
 * The only starter of a shard's sagas: takes open intents in the order of their sequence and starts workflows for
 * batches of one route. Back-pressure makes the batches: a lone transfer starts at once, at load those that came while
 * others were under way share one. After a restart or a Temporal outage it is the same loop.
 */
export class Pump {
  private readonly underWay = new Set<number>();
  private readonly perRoute = new Map<string, number>();
  private readonly options: Required<PumpOptions>;
  private ended = false;

  constructor(options: PumpOptions) {
    this.options = { maxBatch: 500, maxPerRoute: 2, ...options };
  }

  /** Pumps until the signal is aborted; sagas that were started go on without it. */
  async run(lost: AbortSignal): Promise<void> {
    while (!lost.aborted) {
      try {
        if (await this.pass()) continue;
      } catch (error) {
        this.options.onError(error);
        await this.options.wake.wait(RETRY_MS);
      }
      if (!lost.aborted) await this.options.wake.wait(POLL_MS);
    }
    this.ended = true;
  }

  /** Starts what can be started; true if there may be more. */
  private async pass(): Promise<boolean> {
    const { pool, maxBatch, maxPerRoute } = this.options;
    const busy = [...this.perRoute].filter(([, count]) => count >= maxPerRoute).map(([route]) => route);
    const limit = this.underWay.size + 2 * maxBatch;
    const open = await readOpenIntents(pool, limit, busy);
    if (open.length > this.underWay.size) await this.options.barrier.pass();
    const waiting = new Map<string, OpenIntent[]>();
    for (const intent of open) {
      if (this.underWay.has(intent.seq)) continue;
      waiting.set(intent.route, [...(waiting.get(intent.route) ?? []), intent]);
    }
    for (const [route, intents] of waiting) this.start(route, intents.slice(0, maxBatch));
    return [...waiting.values()].some((intents) => intents.length > maxBatch);
  }

  private start(route: string, intents: readonly OpenIntent[]): void {
    const { cluster, shard, startSaga } = this.options;
    const [coordinator = shard, ...participants] = route.split('>').map(Number);
    const transfers = intents.map(({ transfer, deadline }) => ({ id: transfer as string, deadline }));
    const id = `saga/${cluster}/${shard}/${intents.at(0)?.seq}-${intents.at(-1)?.seq}`;
    for (const { seq } of intents) this.underWay.add(seq);
    this.perRoute.set(route, (this.perRoute.get(route) ?? 0) + 1);
    startSaga(id, { coordinator, participants, transfers })
      .then(({ broken }) => {
        if (broken > 0) throw new Error(`${broken} transfers of ${id} could not be carried on`);
      })
      .catch(async (error: unknown) => {
        if (this.ended) return;
        this.options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      })
      .finally(() => this.release(route, intents));
  }

  /** Those that are still open (the saga failed, or Temporal lost it) are found again by the next pass. */
  private release(route: string, intents: readonly OpenIntent[]): void {
    for (const { seq } of intents) this.underWay.delete(seq);
    this.perRoute.set(route, (this.perRoute.get(route) ?? 1) - 1);
    this.options.wake.wake();
  }
}
