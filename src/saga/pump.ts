import type pg from 'pg';
import type { RouteBatch, TransferSagaInput, TransferSagaResult } from '../../workflows/contract.js';
import type { TenantId } from '../domain/ids.js';
import type { OpenIntent } from '../storage/statements/read-open-intents.js';
import { type RouteRange, readOpenRanges } from '../storage/statements/read-open-ranges.js';
import type { WakeUp } from '../storage/wake-up.js';
import { WaitingIntents } from './waiting-intents.js';
import { type BatchRange, MOST_ROUTE_BYTES, sagaWorkflowId } from './workflow-id.js';

/** What a workflow carries, as an operator finds it. */
export interface SagaBatches extends BatchRange {
  /** Of its transfers, some more than once. */
  readonly tenants: readonly TenantId[];
}

/**
 * Starts a saga under an id, or joins the one that runs under it; resolves when it has ended, rejects if it failed.
 * `batches`: what an operator finds it by.
 */
export type StartSaga = (
  workflowId: string,
  input: TransferSagaInput,
  batches?: SagaBatches,
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
  /** Whether a shard does not answer just now, as far as is known here. */
  readonly inTrouble: (shard: number) => boolean;
  /** Of the workflow code that carries what it starts. */
  readonly version: string;
  readonly onError: (error: unknown) => void;
  /** Most transfers in one workflow. */
  readonly maxBatch?: number;
  /** Most workflows that carry a route at a time: a dead shard holds up only its own routes. */
  readonly maxPerRoute?: number;
  /** So many must wait while a workflow is under way for another one to start at once. */
  readonly worthAnother?: number;
  /** A workflow that takes longer keeps nobody from starting, however few wait. */
  readonly slowMs?: number;
  /** How long a workflow of several routes asks for a step. */
  readonly patienceMs?: number;
}

interface UnderWay {
  /** Of a slow workflow those that are not known to have ended. */
  parts: readonly RouteRange[];
  readonly sinceMs: number;
  /** Of a route whose shard does not answer. */
  readonly apart: boolean;
  /** It has ended, and left something that is not taken up again at once: nobody else waits for it. */
  ended?: true;
}

/** Of a route: how many workflows carry it, and how many of them are not slow; and whether one of them carries it alone. */
interface Carried {
  all: number;
  quick: number;
  apart: boolean;
  /** Also of workflows that have ended and left something. */
  readonly parts: RouteRange[];
}
const NOT_CARRIED: Carried = { all: 0, quick: 0, apart: false, parts: [] };

const POLL_MS = 1_000;
const RETRY_MS = 1_000;
/** What is open and neither waits here nor is under way, whatever the reason, is found after this at the latest. */
const READ_ALL_MS = 5_000;
const DEFAULTS = { maxBatch: 1_000, maxPerRoute: 2, worthAnother: 500, slowMs: 500, patienceMs: 5_000 };

/**
 * The only starter of a shard's sagas: takes open intents in the order of their sequence and starts workflows for them, a
 * batch for each route. Back-pressure makes the batches: a lone transfer starts at once, those that come while others are
 * under way wait to share one workflow, since a workflow costs what it costs however few it carries
 * (docs/adr/0021). A route whose shard does not answer goes apart, so that it holds up no other. After a restart or a Temporal outage it is
 * the same loop.
 */
export class Pump {
  private readonly underWay = new Set<UnderWay>();
  /** Routes that a workflow gave back, until one of them alone has ended. */
  private readonly heldUp = new Set<string>();
  private readonly options: Required<PumpOptions>;
  private readonly waiting: WaitingIntents;
  private readAllMs = performance.now();
  private askedMs = 0;
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
    const before = this.carried();
    const isUnderWay = ({ route, seq }: OpenIntent): boolean =>
      before.get(route)?.parts.some(({ first, last }) => seq >= first && seq <= last) === true;
    let more = await this.waiting.read(isUnderWay, this.closedOf(before));
    await this.leaveEnded();
    const carried = this.carried();
    const together: string[] = [];
    let [waiting, bytes, left] = [0, 0, 0];
    for (const [route, count] of this.waiting.counts()) {
      const { all, quick } = carried.get(route) ?? NOT_CARRIED;
      if (all >= this.options.maxPerRoute) continue;
      if (this.isApart(route)) {
        if (!this.isWorthStarting(quick, count)) continue;
        this.start([route], { apart: true });
        more ||= count > maxBatch;
      } else if (bytes === 0 || bytes + route.length < MOST_ROUTE_BYTES) {
        together.push(route);
        waiting += count;
        bytes += route.length + 1;
      } else left += count;
    }
    const others = [...this.underWay].filter((one) => !one.apart && this.isQuick(one));
    if (together.length > 0 && this.isWorthStarting(others.length, waiting)) {
      this.start(together, { apart: false });
      more ||= waiting > maxBatch || left > 0;
    }
    return more;
  }

  /** A route waits for its own batches that are under way, not for the others of a workflow that is slow. */
  private async leaveEnded(): Promise<void> {
    const { maxPerRoute, pool, slowMs } = this.options;
    const now = performance.now();
    if (now - this.askedMs < slowMs) return;
    const slow = [...this.underWay].filter((one) => one.parts.length > 1 && !this.isQuick(one));
    if (slow.length === 0) return;
    const carried = this.carried();
    const waits = ([route]: readonly [route: string, count: number]): boolean =>
      (carried.get(route)?.all ?? 0) >= maxPerRoute;
    if (!this.waiting.counts().some(waits)) return;
    this.askedMs = now;
    const parts = slow.flatMap((one) => one.parts);
    const open = await readOpenRanges(pool, parts);
    const left = new Set(parts.filter((_, index) => open.has(index)));
    for (const one of slow) one.parts = one.parts.filter((part) => left.has(part));
  }

  private isApart(route: string): boolean {
    // The coordinator is every route's: going apart would spare none of them its trouble.
    const [, ...participants] = shardsOf(route);
    return this.heldUp.has(route) || participants.some((shard) => this.options.inTrouble(shard));
  }

  /** What is under way at this moment, by route. */
  private carried(): Map<string, Carried> {
    const found = new Map<string, Carried>();
    for (const one of this.underWay) {
      const [all, quick] = [one.ended ? 0 : 1, this.isQuick(one) ? 1 : 0];
      for (const part of one.parts) {
        const of = found.get(part.route) ?? { ...NOT_CARRIED, parts: [] };
        found.set(part.route, of);
        of.parts.push(part);
        of.all += all;
        of.quick += quick;
        of.apart ||= one.apart;
      }
    }
    return found;
  }

  /** Routes that go apart and may have no workflow more: they wait for a shard, maybe for hours. */
  private closedOf(carried: ReadonlyMap<string, Carried>): Set<string> {
    const closed = [...carried].filter(([, { all, apart }]) => apart && all >= this.options.maxPerRoute);
    return new Set(closed.map(([route]) => route));
  }

  private isQuick({ sinceMs, ended }: UnderWay): boolean {
    return ended === undefined && performance.now() - sinceMs < this.options.slowMs;
  }

  private isWorthStarting(quick: number, waiting: number): boolean {
    return quick === 0 || waiting >= this.options.worthAnother;
  }

  private start(routes: readonly string[], { apart }: { readonly apart: boolean }): void {
    const { cluster, startSaga, version, maxBatch, patienceMs } = this.options;
    const taken = [...this.waiting.take(routes, maxBatch)];
    const parts = taken.map(([route, intents]) => ({ route, ...rangeOf(intents) }));
    const range = {
      routes: parts.map(({ route }) => route),
      first: Math.min(...parts.map(({ first }) => first)),
      last: Math.max(...parts.map(({ last }) => last)),
    };
    const batches = taken.map(([route, intents]) => batchOf(route, intents));
    const tenants = taken.flatMap(([, intents]) => intents.map(({ tenant }) => tenant));
    const id = sagaWorkflowId(cluster, range, version);
    const one: UnderWay = { parts, sinceMs: performance.now(), apart };
    this.underWay.add(one);
    const input = batches.length === 1 ? { batches } : { batches, patienceMs };
    startSaga(id, input, { ...range, tenants })
      .then(({ broken, givenBack = [] }) => {
        for (const index of givenBack) this.heldUp.add(range.routes[index] ?? '');
        if (batches.length === 1) this.heldUp.delete(range.routes[0] ?? '');
        // Those that are still open are found again by the next pass.
        if (givenBack.length > 0) this.waiting.forget();
        if (broken === 0) return;
        one.ended = true;
        this.options.wake.wake();
        throw new Error(`${broken} transfers of ${id} could not be carried on`);
      })
      .catch(async (error: unknown) => {
        if (this.ended) return;
        this.options.onError(error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        this.waiting.forget();
      })
      .finally(() => {
        this.underWay.delete(one);
        this.options.wake.wake();
      });
  }
}

const shardsOf = (route: string): number[] => route.split('>').map(Number);

const rangeOf = (intents: readonly OpenIntent[]) => ({
  first: intents.at(0)?.seq ?? 0,
  last: intents.at(-1)?.seq ?? 0,
});

function batchOf(route: string, intents: readonly OpenIntent[]): RouteBatch {
  const [coordinator = 0, ...participants] = shardsOf(route);
  return {
    coordinator,
    participants,
    transfers: intents.map(({ transfer, deadline }) => ({ id: transfer, deadline })),
  };
}
