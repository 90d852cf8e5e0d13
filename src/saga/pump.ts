import type pg from 'pg';
import type { TransferSagaInput, TransferSagaResult } from '../../workflows/contract.js';
import type { TenantId } from '../domain/ids.js';
import type { IntentRange, OpenIntent } from '../storage/statements/read-open-intents.js';
import type { WakeUp } from '../storage/wake-up.js';
import { WaitingIntents } from './waiting-intents.js';
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
/** What is open and neither waits here nor is under way, whatever the reason, is found after this at the latest. */
const READ_ALL_MS = 5_000;
const DEFAULTS = { maxBatch: 1_000, maxPerRoute: 2, worthAnother: 500, slowMs: 500 };

/**
 * The only starter of a shard's sagas: takes open intents in the order of their sequence and starts workflows for
 * batches of one route. Back-pressure makes the batches: a lone transfer starts at once, those that come while others
 * are under way wait to share one workflow, since a workflow costs what it costs however few it carries. After a
 * restart or a Temporal outage it is the same loop.
 */
export class Pump {
  private readonly underWay = new Set<UnderWay>();
  private readonly options: Required<PumpOptions>;
  private readonly waiting: WaitingIntents;
  private readAllMs = performance.now();
  private ended = false;

  constructor(options: PumpOptions) {
    this.options = { ...DEFAULTS, ...options };
    const { pool, barrier, maxBatch } = this.options;
    this.waiting = new WaitingIntents({ pool, barrier, most: 2 * maxBatch });
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
    const { maxBatch } = this.options;
    const now = performance.now();
    if (now - this.readAllMs >= READ_ALL_MS) {
      this.waiting.forget();
      this.readAllMs = now;
    }
    let more = await this.waiting.read((intent) => this.isUnderWay(intent));
    for (const [route, count] of this.waiting.counts()) {
      if (!this.isWorthStarting(route, count)) continue;
      this.start(route, this.waiting.take(route, maxBatch));
      more ||= count > maxBatch;
    }
    return more;
  }

  private isUnderWay({ route, seq }: OpenIntent): boolean {
    for (const one of this.underWay)
      if (one.route === route && seq >= one.first && seq <= one.last) return true;
    return false;
  }

  private isWorthStarting(route: string, waiting: number): boolean {
    const { maxPerRoute, worthAnother, slowMs } = this.options;
    const now = performance.now();
    let [all, quick] = [0, 0];
    for (const one of this.underWay) {
      if (one.route !== route) continue;
      all += 1;
      if (now - one.sinceMs < slowMs) quick += 1;
    }
    return all < maxPerRoute && (quick === 0 || waiting >= worthAnother);
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
        // Those that are still open are found again by the next pass.
        this.waiting.forget();
      })
      .finally(() => {
        this.underWay.delete(one);
        this.options.wake.wake();
      });
  }
}
