import type pg from 'pg';
import type { TransferSagaInput, TransferSagaResult } from '../../workflows/contract.js';
import type { TenantId } from '../domain/ids.js';
import {
  type IntentRange,
  type OpenIntent,
  readOpenIntents,
} from '../storage/statements/read-open-intents.js';
import type { WakeUp } from '../storage/wake-up.js';
import { sagaWorkflowId } from './workflow-id.js';

/** What a workflow carries: transfers of one route, by the coordinator's sequences of their first and last intent. */
export interface SagaBatch extends IntentRange {
  /** Of its transfers, some more than once. */
  readonly tenants: readonly TenantId[];
}

/**
 * Starts a saga under an id, or joins the one that runs under it; resolves when it has ended, rejects if it failed.
 * `batch`: what an operator finds it by.
 */
export type StartSaga = (
  workflowId: string,
  input: TransferSagaInput,
  batch?: SagaBatch,
) => Promise<TransferSagaResult>;

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
  /** Of the workflow code that carries what it starts. */
  readonly version: string;
  readonly onError: (error: unknown) => void;
  /** Most transfers in one workflow. */
  readonly maxBatch?: number;
  /** Most workflows of one route at a time: a dead shard holds up only its own routes. */
  readonly maxPerRoute?: number;
  /** So many must wait for a route that has a workflow under way to get another at once. */
  readonly worthAnother?: number;
  /** A workflow that takes longer does not keep others of its route from starting, however few they carry. */
  readonly slowMs?: number;
}

interface UnderWay extends IntentRange {
  readonly sinceMs: number;
}

const POLL_MS = 1_000;
const RETRY_MS = 1_000;
const DEFAULTS = { maxBatch: 500, maxPerRoute: 2, worthAnother: 250, slowMs: 500 };

/**
 * The only starter of a shard's sagas: takes open intents in the order of their sequence and starts workflows for
 * batches of one route. Back-pressure makes the batches: a lone transfer starts at once, those that come while others
 * are under way wait to share one workflow, since a workflow costs what it costs however few it carries. After a
 * restart or a Temporal outage it is the same loop.
 */
export class Pump {
  private readonly underWay = new Set<UnderWay>();
  private readonly options: Required<PumpOptions>;
  private ended = false;

  constructor(options: PumpOptions) {
    this.options = { ...DEFAULTS, ...options };
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
      if (!lost.aborted) await this.options.wake.wait(this.underWay.size > 0 ? this.options.slowMs : POLL_MS);
    }
    this.ended = true;
  }

  /** Starts what can be started; true if there may be more. */
  private async pass(): Promise<boolean> {
    const { pool, maxBatch, maxPerRoute } = this.options;
    const perRoute = new Map<string, number>();
    for (const { route } of this.underWay) perRoute.set(route, (perRoute.get(route) ?? 0) + 1);
    const routes = [...perRoute].filter(([, count]) => count >= maxPerRoute).map(([route]) => route);
    const limit = 2 * maxBatch;
    const open = await readOpenIntents(pool, limit, { routes, ranges: [...this.underWay] });
    const waiting = new Map<string, OpenIntent[]>();
    for (const intent of open) {
      const queue = waiting.get(intent.route);
      if (queue === undefined) waiting.set(intent.route, [intent]);
      else queue.push(intent);
    }
    const ready = [...waiting].filter(([route, { length }]) => this.isWorthStarting(route, length));
    if (ready.length > 0) await this.options.barrier.pass();
    for (const [route, intents] of ready) this.start(route, intents.slice(0, maxBatch));
    return ready.length > 0 && (open.length === limit || ready.some(([, { length }]) => length > maxBatch));
  }

  private isWorthStarting(route: string, waiting: number): boolean {
    const { worthAnother, slowMs } = this.options;
    const now = performance.now();
    const quick = [...this.underWay].filter((one) => one.route === route && now - one.sinceMs < slowMs);
    return quick.length === 0 || waiting >= worthAnother;
  }

  private start(route: string, intents: readonly OpenIntent[]): void {
    const { cluster, shard, startSaga, version } = this.options;
    const [coordinator = shard, ...participants] = route.split('>').map(Number);
    const transfers = intents.map(({ transfer, deadline }) => ({ id: transfer as string, deadline }));
    const [first = 0, last = 0] = [intents.at(0)?.seq, intents.at(-1)?.seq];
    const one = { route, first, last, sinceMs: performance.now() };
    const id = sagaWorkflowId(cluster, one, version);
    const tenants = intents.map(({ tenant }) => tenant);
    this.underWay.add(one);
    startSaga(id, { coordinator, participants, transfers }, { route, first, last, tenants })
      .then(({ broken }) => {
        if (broken > 0) throw new Error(`${broken} transfers of ${id} could not be carried on`);
      })
      .catch(async (error: unknown) => {
        if (this.ended) return;
        this.options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      })
      .finally(() => {
        // Those that are still open (the saga failed, or Temporal lost it) are found again by the next pass.
        this.underWay.delete(one);
        this.options.wake.wake();
      });
  }
}
